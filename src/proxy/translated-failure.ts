import type { RawHeaders } from "../base/headers.ts";
import { maskSecret, redact } from "../base/redact.ts";
import type { HubFailure } from "../formats/anthropic/hub.ts";
import type { WireFormat } from "../formats/types.ts";
import { codeOfStatus, isAboutDaemonKey, withKeyFix } from "./collected-answer.ts";
import { isErrorBody } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import type { RelayContext } from "./relay.ts";
import { endStreamWithError } from "./stream-relay.ts";
import { hubAnswerHeaders } from "./translated-headers.ts";

/** Statuses whose cause a retry doesn't remove. */
const finalStatuses: ReadonlySet<number> = new Set([401, 402, 403, 404]);

/**
 * Ends an exchange with the upstream's failure in the caller's format: with its status where nothing was sent, else as the last frame
 * of the open stream; what is queued counts as sent. `headers` are the upstream's.
 */
export function sendFailure(context: RelayContext, format: WireFormat, headers: RawHeaders, failure: HubFailure): void {
  const { exchange, writer } = context;
  if (exchange.outcome !== undefined) return;
  const wire = format.errorFromHub({ ...failure, message: withoutKey(exchange, failure.message) });
  const { status } = wire;
  let { body } = wire;
  exchange.errorCode = status === 429 ? "ZX_UPSTREAM_RATE_LIMIT" : "ZX_UPSTREAM_STATUS";
  if (isAboutDaemonKey(status, exchange)) {
    exchange.errorCode = codeOfStatus(status);
    if (isErrorBody(body)) body = withKeyFix(body, status);
  }
  if (context.isStreamOpen || writer.hasBegun || writer.queue.length > 0) endStreamWithError(context, body);
  else {
    const bytes = Buffer.from(JSON.stringify(body));
    const told = hubAnswerHeaders(exchange, format, headers);
    const kept = finalStatuses.has(status) ? withoutRetry(told) : told;
    writer.setHead(status, ["content-type", "application/json", "content-length", String(bytes.length), ...kept]);
    writer.queue.push(bytes);
    writer.end();
  }
  context.settle("upstream_error");
}

/** The text is the upstream's: should it repeat a key, that goes no further. */
function withoutKey({ key }: Exchange, text: string): string {
  return redact(key === undefined ? text : text.replaceAll(key, maskSecret(key)));
}

function withoutRetry(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] as string;
    if (name.toLowerCase() !== "x-should-retry") kept.push(name, headers[index + 1] as string);
  }
  return [...kept, "x-should-retry", "false"];
}
