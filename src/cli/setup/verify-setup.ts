import { errorRow, ZenthrexError } from "../../base/errors.ts";
import { formatUsd } from "../../base/format-usd.ts";
import { headerValue } from "../../base/headers.ts";
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { costUsd } from "../../catalog/price.ts";
import type { Integration, Target, ToolUse } from "../../integrations/types.ts";
import type { CollectedAnswer } from "../../upstream/collect.ts";
import type { Context } from "../context.ts";
import { oneLine } from "../format.ts";
import { withUpstream } from "../with-upstream.ts";
import { type ProbeKind, probeRequest } from "./probe-request.ts";

/** What a probing request came to. `exitCode` is what a command ends with whose purpose it was. */
export interface Verification {
  readonly isProven: boolean;
  readonly status: number | null;
  readonly text: string;
  readonly exitCode: 0 | 1 | 3 | 4 | 5;
}

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 1024 * 1024;

/**
 * Sends one request the way a tool would, with the address and the credential of its own settings: `free` one that the hosted API's
 * validation refuses before anything is billed, `live` one that costs a token. Never throws: what goes wrong is the finding.
 */
export async function verifySetup(
  integration: Integration,
  use: ToolUse,
  target: Pick<Target, "origin" | "model">,
  kind: ProbeKind,
  context: Context,
): Promise<Verification> {
  if (!URL.canParse(use.baseUrl) || new URL(use.baseUrl).origin !== target.origin) {
    return failed(null, `its settings name another address than ${target.origin}`, 1);
  }
  const request = probeRequest(integration, use, target.model, kind);
  try {
    const { collect } = await import("../../upstream/collect.ts");
    const answer = await withUpstream(context, request.origin, (client) =>
      collect(
        client,
        {
          method: "POST",
          path: request.path,
          headers: [...request.headers, "user-agent", userAgentOf(kind, context)],
          body: Buffer.from(JSON.stringify(request.body)),
        },
        { maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS, clock: context.clock },
      ),
    );
    return judge(answer, kind, use.model ?? target.model);
  } catch (error) {
    if (!(error instanceof ZenthrexError)) throw error;
    return failed(null, `${error.message}; ${error.fix}`, 5);
  }
}

/** The log tells a free request as what it is; a paid one is a request like any other. */
function userAgentOf(kind: ProbeKind, { version }: Context): string {
  return `${kind === "free" ? "zenthrex-verify" : "zenthrex"}/${version} (setup)`;
}

function judge(answer: CollectedAnswer, kind: ProbeKind, model: string): Verification {
  const body = parsed(answer.body);
  const { status } = answer;
  const error = body["error"];
  const type = isJsonObject(error) ? String(error["type"]) : "";
  if (kind === "live" && status === 200)
    return proven(status, `the hosted API answered; it cost ${priceOf(body, model)}`);
  // What the daemon refuses by itself proves nothing about the way behind it.
  const isOwn = headerValue(answer.headers, "request-id")?.startsWith("req_zx_") ?? false;
  if (status === 400 && type === "invalid_request_error" && kind === "free" && !isOwn) {
    return proven(
      status,
      "the hosted API refused a broken request, as it should: the way is proven, and it cost nothing",
    );
  }
  if (status === 429)
    return proven(status, "the way is proven as far as the rate limit, which is reached at the moment");
  const said =
    isJsonObject(error) && typeof error["message"] === "string" ? oneLine(error["message"]) : "no reason given";
  if (status === 200) return failed(status, "a broken request was answered: that is not the hosted API", 1);
  return failed(status, `${status}: ${said}`, exitCodeOf(status));
}

function exitCodeOf(status: number): Verification["exitCode"] {
  const codes = { 401: "ZX_AUTH_KEY_REJECTED", 402: "ZX_WALLET_EMPTY", 403: "ZX_AUTH_FORBIDDEN" } as const;
  const code = status in codes ? codes[status as keyof typeof codes] : undefined;
  if (code !== undefined) return errorRow(code).exitCode as Verification["exitCode"];
  return status >= 500 ? 5 : 1;
}

/** Tokens as either format reports them. */
function priceOf(body: JsonObject, model: string): string {
  const usage = isJsonObject(body["usage"]) ? body["usage"] : {};
  const count = (...names: string[]): number => {
    const value = names.map((name) => usage[name]).find((given) => typeof given === "number");
    return typeof value === "number" ? value : 0;
  };
  const [input, output] = [count("input_tokens", "prompt_tokens"), count("output_tokens", "completion_tokens")];
  const cost = costUsd(model, {
    inputTokens: input,
    outputTokens: output,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
  });
  const price = cost === undefined ? "" : `, about ${formatUsd(cost)} at list prices`;
  return `${input} tokens in, ${output} out${price}`;
}

function parsed(bytes: Buffer): JsonObject {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

function proven(status: number, text: string): Verification {
  return { isProven: true, status, text, exitCode: 0 };
}

function failed(status: number | null, text: string, exitCode: Verification["exitCode"]): Verification {
  return { isProven: false, status, text, exitCode };
}
