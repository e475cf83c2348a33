import { headerValue } from "../../base/headers.ts";
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { printable, redact } from "../../base/redact.ts";
import { describeAnswer, isPage, jsonOf } from "../classify-answer.ts";
import type { ProbeAnswer } from "../types.ts";
import type { Asked, Gateway, PointResult } from "./types.ts";

/** A request that validation refuses before a model runs. */
export const refusedBody = { model: "claude-haiku-4-5", max_tokens: -1, messages: [] };

/** The gateway does as the contract says. */
export function met(finding: string): PointResult {
  return { status: "met", finding };
}

/** It doesn't, and these requests prove it. */
export function failed(finding: string, ...asked: readonly Asked[]): PointResult {
  return { status: "failed", finding, proof: asked.map(({ request }) => request) };
}

/** It can't be known from here. */
export function untried(why: string): PointResult {
  return { status: "untried", finding: `not tried: ${why}` };
}

/** Why a point can't be judged with the credential that there is, or undefined. */
export function withoutCredential({ credential }: Gateway): PointResult | undefined {
  if (credential === "accepted") return undefined;
  return untried(
    credential === "refused"
      ? "the gateway refuses the credential (401 or 403); --key-stdin gives it one of its own"
      : "no message arrives at it, see 1",
  );
}

/** What no answer of a gateway may be, in words: a redirect, a web page, nothing. Undefined for all else. */
export function oddity({ answer, request }: Asked): string | undefined {
  const where = `${request.method} ${pathOf(request.url)}`;
  if (answer.kind === "failed") return `${where} gets no answer (${describeAnswer(answer)})`;
  if (answer.status >= 300 && answer.status < 400) {
    const location = redact(printable(headerValue(answer.headers, "location") ?? "nowhere"));
    return `${where} redirects (${answer.status}) to ${location}: Claude Code doesn't follow, or turns POST into GET`;
  }
  return isPage(answer) ? `${where} answers ${describeAnswer(answer)}: a client can't read it` : undefined;
}

/** The first of several answers that is a redirect, a web page or nothing at all, as a failure. */
export function oddOf(...asked: readonly Asked[]): PointResult | undefined {
  for (const each of asked) {
    const odd = oddity(each);
    if (odd !== undefined) return failed(odd, each);
  }
  return undefined;
}

/** An error in the Anthropic form, or undefined. */
export function anthropicError(answer: ProbeAnswer): { readonly type: string; readonly message: string } | undefined {
  const body: JsonObject = jsonOf(answer);
  const error = body["error"];
  if (body["type"] !== "error" || !isJsonObject(error)) return undefined;
  const { type, message } = error;
  return typeof type === "string" && typeof message === "string" ? { type, message } : undefined;
}

/** The status of an answer; 0 where none came. */
export function statusOf({ answer }: Asked): number {
  return answer.kind === "answer" ? answer.status : 0;
}

/** A header of an answer. */
export function answerHeader({ answer }: Asked, name: string): string | undefined {
  return answer.kind === "answer" ? headerValue(answer.headers, name) : undefined;
}

/** Path and query of a URL. */
export function pathOf(url: string): string {
  if (!URL.canParse(url)) return url;
  const { pathname, search } = new URL(url);
  return `${pathname}${search}`;
}
