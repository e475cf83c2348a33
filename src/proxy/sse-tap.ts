import { isJsonObject, type JsonObject, parseJsonText } from "../base/json.ts";
import { parseSseEvent } from "../base/sse-event.ts";
import type { FrameListener } from "../base/sse-frames.ts";
import type { WireFormatName } from "../catalog/endpoints.ts";
import type { ReportedUsage } from "./options.ts";
import { anthropicUsage, openaiUsage } from "./usage.ts";

/** Reads a stream in passing: never delays it, never changes it. */
export class SseTap implements FrameListener {
  /** The upstream's terminal event has passed, whole. */
  sawEnd = false;
  /** The upstream's own error event has passed, in the place of the terminal one. */
  sawError = false;
  /** An error event came behind the terminal one: the answer is whole all the same. */
  sawLateError = false;
  usage: ReportedUsage | undefined = undefined;
  model: string | undefined = undefined;
  readonly #isAnthropic: boolean;

  constructor(format: WireFormatName) {
    this.#isAnthropic = format === "anthropic";
  }

  onFrame(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#isAnthropic) readOpenai(this, textOf(bytes, start, end));
    else if (!isAnthropicContent(bytes, start)) readAnthropic(this, textOf(bytes, start, end));
  }
}

function noteError(tap: SseTap): void {
  if (tap.sawEnd) tap.sawLateError = true;
  else tap.sawError = true;
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
}

/** "event: c..." (content_block_*) and "event: p..." (ping): nothing in them is for us, and nearly all frames are of these. */
function isAnthropicContent(bytes: Uint8Array, start: number): boolean {
  const initial = bytes[start + 7];
  return (
    bytes[start] === 0x65 &&
    bytes[start + 5] === 0x3a &&
    bytes[start + 6] === 0x20 &&
    (initial === 0x63 || initial === 0x70)
  );
}

function parsed(data: string): JsonObject | undefined {
  try {
    const value: unknown = parseJsonText(data);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function readAnthropic(tap: SseTap, text: string): void {
  const frame = parseSseEvent(text);
  if (frame === undefined) return;
  const { event, data } = frame;
  if (event === "" && !/"(message_start|message_delta|message_stop|error)"/.test(data)) return;
  const object = parsed(data);
  const kind = event === "" ? object?.["type"] : event;
  if (kind === "message_stop") tap.sawEnd = true;
  else if (kind === "error") noteError(tap);
  else if (kind === "message_delta") tap.usage = anthropicUsage(object?.["usage"], tap.usage);
  else if (kind === "message_start" && isJsonObject(object?.["message"])) {
    const message = object["message"];
    tap.usage = anthropicUsage(message["usage"], tap.usage);
    if (typeof message["model"] === "string") tap.model = message["model"];
  }
}

function readOpenai(tap: SseTap, text: string): void {
  const mayMatter = text.includes("[DONE]") || text.includes('"usage"') || text.includes('"error"');
  if (!mayMatter && tap.model !== undefined) return;
  const frame = parseSseEvent(text);
  if (frame === undefined) return;
  const { event, data } = frame;
  if (data === "[DONE]") {
    tap.sawEnd = true;
    return;
  }
  const object = parsed(data);
  if (object === undefined) return;
  if (event === "error" || isJsonObject(object["error"])) noteError(tap);
  if (typeof object["model"] === "string") tap.model = object["model"];
  tap.usage = openaiUsage(object["usage"], tap.usage);
}
