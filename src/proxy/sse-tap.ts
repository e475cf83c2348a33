import { isJsonObject, type JsonObject } from "../base/json.ts";
import { type FrameListener, parseSseFrame } from "../base/sse-frames.ts";
import type { WireFormatName } from "../catalog/endpoints.ts";
import type { ReportedUsage } from "./options.ts";
import { anthropicUsage, openaiUsage } from "./usage.ts";

/** What was learnt from a stream that passed by. */
export interface SseTap {
  readonly onFrame: FrameListener;
  /** The upstream's terminal event has passed, whole. */
  readonly sawEnd: boolean;
  /** The upstream's own error event has passed. */
  readonly sawError: boolean;
  readonly usage: ReportedUsage | undefined;
  readonly model: string | undefined;
}

interface Learnt {
  sawEnd: boolean;
  sawError: boolean;
  usage: ReportedUsage | undefined;
  model: string | undefined;
}

/** Reads a stream in passing: never delays it, never changes it. */
export function createSseTap(format: WireFormatName): SseTap {
  const learnt: Learnt = { sawEnd: false, sawError: false, usage: undefined, model: undefined };
  const read = format === "anthropic" ? readAnthropic : readOpenai;
  const skips = format === "anthropic" ? isAnthropicContent : isOpenaiContent;
  return {
    onFrame(bytes, start, end) {
      if (!skips(bytes, start)) read(learnt, textOf(bytes, start, end));
    },
    get sawEnd() {
      return learnt.sawEnd;
    },
    get sawError() {
      return learnt.sawError;
    },
    get usage() {
      return learnt.usage;
    },
    get model() {
      return learnt.model;
    },
  };
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

/** OpenAI's frames have no name: each has to be looked at. */
function isOpenaiContent(): boolean {
  return false;
}

function parsed(data: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function readAnthropic(learnt: Learnt, text: string): void {
  const { event, data } = parseSseFrame(text);
  if (data === "" || (event === "" && !/"(message_start|message_delta|message_stop|error)"/.test(data))) return;
  const object = parsed(data);
  const kind = event === "" ? object?.["type"] : event;
  if (kind === "message_stop") learnt.sawEnd = true;
  else if (kind === "error") learnt.sawError = true;
  else if (kind === "message_delta") learnt.usage = anthropicUsage(object?.["usage"], learnt.usage);
  else if (kind === "message_start" && isJsonObject(object?.["message"])) {
    const message = object["message"];
    learnt.usage = anthropicUsage(message["usage"], learnt.usage);
    if (typeof message["model"] === "string") learnt.model = message["model"];
  }
}

function readOpenai(learnt: Learnt, text: string): void {
  const mayMatter = text.includes("[DONE]") || text.includes('"usage"') || text.includes('"error"');
  if (!mayMatter && learnt.model !== undefined) return;
  const { event, data } = parseSseFrame(text);
  if (data === "") return;
  if (data === "[DONE]") {
    learnt.sawEnd = true;
    return;
  }
  const object = parsed(data);
  if (object === undefined) return;
  if (event === "error" || isJsonObject(object["error"])) learnt.sawError = true;
  if (typeof object["model"] === "string") learnt.model = object["model"];
  learnt.usage = openaiUsage(object["usage"], learnt.usage);
}
