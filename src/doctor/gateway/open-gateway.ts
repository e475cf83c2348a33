import { documentedAnthropicVersion } from "../../catalog/endpoints.ts";
import { isLoopbackHost } from "../../upstream/origin.ts";
import { classifyAnswer } from "../classify-answer.ts";
import type { ProbeAnswer, ProbeContext, ProbeRequest, WantedSecret } from "../types.ts";
import { refusedBody } from "./judging.ts";
import type { Asked, AskOptions, Gateway } from "./types.ts";

/** A base as Claude Code wants it: what it appends itself is taken off. Throws: TypeError for what is no URL. */
export function gatewayBase(given: string): string {
  const { origin, pathname } = new URL(given.trim());
  const path = pathname.replace(/\/+$/, "").replace(/(\/v1|\/messages|\/chat\/completions)+$/, "");
  return `${origin}${path}`;
}

/** Finds out which credential fits a gateway, and whether it is taken. Shape: `first` is the answer that told. */
export async function openGateway(
  given: string,
  context: Omit<ProbeContext, "resultOf">,
): Promise<{ readonly gateway: Gateway; readonly first: ProbeAnswer }> {
  const base = gatewayBase(given);
  const seen: Asked[] = [];
  let secret: WantedSecret = "local-token";
  const ask = async (path: string, options: AskOptions = {}): Promise<Asked> => {
    const request = requestOf(`${base}${path}`, options, secret);
    const asked = { request, answer: await context.request(request) };
    seen.push(asked);
    return asked;
  };
  const greeting = await ask("/v1/messages?beta=true", { body: refusedBody });
  let first = greeting.answer;
  // Only a daemon that proved itself is sent the local token; to all others the key goes, where it is theirs.
  if (first.kind === "answer" && first.sent !== "local-token") {
    secret = "key";
    seen.length = 0;
    first = (await ask("/v1/messages?beta=true", { body: refusedBody })).answer;
  }
  const gateway: Gateway = {
    base,
    context,
    credential: credentialOf(first),
    mayRunModels: (await isFree(base, first, context)) ? "free" : context.live ? "paid" : "no",
    ask,
    seen: () => seen,
  };
  return { gateway, first };
}

function requestOf(url: string, options: AskOptions, secret: WantedSecret): ProbeRequest {
  const { body, headers = [], isPlaceholder, timeoutMs } = options;
  const hasVersion = headers.includes("anthropic-version");
  return {
    method: options.method ?? (body === undefined ? "GET" : "POST"),
    url,
    credential: options.credential ?? "x-api-key",
    secret: isPlaceholder === true ? "placeholder" : secret,
    headers: [
      ...(body === undefined ? [] : ["content-type", "application/json"]),
      ...(hasVersion ? [] : ["anthropic-version", documentedAnthropicVersion]),
      ...headers,
    ],
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

function credentialOf(answer: ProbeAnswer): Gateway["credential"] {
  switch (classifyAnswer(answer)) {
    case "reached":
    case "wallet-empty":
    case "rate-limited":
      return "accepted";
    case "unauthorized":
    case "forbidden":
      return "refused";
    default:
      return "unknown";
  }
}

/** Where no model is behind it: a daemon of ours with a sandbox, or a key of the sandbox's, which is worth nothing elsewhere. */
async function isFree(
  base: string,
  answer: ProbeAnswer,
  { key, daemon }: Omit<ProbeContext, "resultOf">,
): Promise<boolean> {
  if (answer.kind !== "answer") return false;
  const { hostname, port } = new URL(base);
  if (answer.sent === "key") {
    return isLoopbackHost(hostname) && key.kind === "present" && key.text.startsWith("zk_sandbox_");
  }
  if (answer.sent !== "local-token") return false;
  const look = await daemon();
  return look.port === Number(port) && look.state?.keyFrom === "sandbox";
}
