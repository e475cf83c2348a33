import { ZenthrexError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { printable } from "../base/redact.ts";
import { answerJson } from "./answer.ts";
import type { Exchange } from "./exchange.ts";

/** How long a page of input items may be, and is where nothing is said. Source: OpenAI's API reference, "List input items". */
const maxLimit = 100;
const usualLimit = 20;

const unknownAfterFix = "Send the last_id of the page before, or leave it out.";

function idOf({ match }: Exchange): string {
  return match.responseId ?? "";
}

function unknownResponse(exchange: Exchange): ZenthrexError {
  const shown = printable(idOf(exchange)).slice(0, 100);
  return new ZenthrexError("ZX_RESPONSE_UNKNOWN", `no response "${shown}" is stored`);
}

function invalid(param: string, message: string, fix: string): ZenthrexError {
  return new ZenthrexError("ZX_BODY_INVALID", message, { param, fix });
}

/** Answers GET and DELETE of a stored response. Throws: ZX_RESPONSE_UNKNOWN, ZX_BODY_INVALID. */
export function answerResponse(exchange: Exchange): void {
  const id = idOf(exchange);
  const store = exchange.proxy.responses.of(exchange.credential);
  if (exchange.request.method === "DELETE") {
    if (!store.drop(id)) throw unknownResponse(exchange);
    answerJson(exchange, 200, { id, object: "response", deleted: true });
    return;
  }
  const body = store.body(id);
  if (body === undefined) throw unknownResponse(exchange);
  if (new URLSearchParams(exchange.match.query).get("stream") === "true") {
    throw invalid("stream", "a stored response can't be streamed again", "Ask for it without stream.");
  }
  answerJson(exchange, 200, body);
}

/** Answers POST .../cancel: nothing runs in the background here. Throws: ZX_RESPONSE_UNKNOWN, ZX_BODY_INVALID. */
export function answerCancel(exchange: Exchange): void {
  const isKnown = exchange.proxy.responses.of(exchange.credential).body(idOf(exchange)) !== undefined;
  if (!isKnown) throw unknownResponse(exchange);
  const fix = "End the request that creates it instead: that ends its answer, and what it costs.";
  throw invalid("response_id", "only a response that runs in the background can be cancelled", fix);
}

function limitOf(query: URLSearchParams): number {
  const text = query.get("limit");
  if (text === null) return usualLimit;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxLimit) return limit;
  throw invalid("limit", `limit is not a whole number from 1 to ${maxLimit}`, "Send another limit.");
}

/** An item as the list shows it: with an id, which callers needn't send, and a message's text as a part. */
function listed(item: JsonObject, responseId: string, index: number): JsonObject {
  const { type = "message", id, content, role } = item;
  const shown = { ...item, type, id: typeof id === "string" ? id : `item_${index}_${responseId}` };
  if (type !== "message" || typeof content !== "string") return shown;
  const part =
    role === "assistant"
      ? { type: "output_text", text: content, annotations: [] }
      : { type: "input_text", text: content };
  return { ...shown, content: [part] };
}

/** Answers the list of a stored response's own input items, the last first. Throws: ZX_RESPONSE_UNKNOWN, ZX_BODY_INVALID. */
export function answerInputItems(exchange: Exchange): void {
  const id = idOf(exchange);
  const query = new URLSearchParams(exchange.match.query);
  const items = exchange.proxy.responses.of(exchange.credential).input(id);
  if (items === undefined) throw unknownResponse(exchange);
  const all = items.map((item, index) => listed(item, id, index));
  if (query.get("order") !== "asc") all.reverse();
  const after = query.get("after");
  const at = after === null ? -1 : all.findIndex((item) => item["id"] === after);
  // From the start again would be a page that was shown before, and a client that asks until there is no more would ask for ever.
  if (after !== null && at < 0) throw invalid("after", "after is the id of no item of this response", unknownAfterFix);
  const rest = all.slice(at + 1);
  const data = rest.slice(0, limitOf(query));
  answerJson(exchange, 200, {
    object: "list",
    data,
    first_id: data[0]?.["id"] ?? null,
    last_id: data.at(-1)?.["id"] ?? null,
    has_more: rest.length > data.length,
  });
}
