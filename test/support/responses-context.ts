import { HubAccumulator } from "../../src/formats/anthropic/accumulate.ts";
import { responsesToHub } from "../../src/formats/openai-responses/request.ts";
import { responsesFromHub } from "../../src/formats/openai-responses/response.ts";
import type { ResponsesState } from "../../src/formats/openai-responses/state.ts";
import { ResponsesStream } from "../../src/formats/openai-responses/stream.ts";
import type { Translation, TranslationContext } from "../../src/formats/types.ts";
import { contextFor } from "./chat-context.ts";
import { frameOf, type TestEvent } from "./hub-streams.ts";

type Fields = Record<string, unknown>;

/** Translates a body as the proxy would. */
export function responsesHub(body: Fields, extra: Partial<TranslationContext> = {}): Translation<ResponsesState> {
  return responsesToHub(body, contextFor(body["model"], extra));
}

/** What a response repeats of a plain request. */
const plainEcho = responsesHub({ model: "claude-opus-4-7", input: "hi" }).state.echo;

/** A plain state of the way back. */
export function responsesState(extra: Partial<ResponsesState> = {}): ResponsesState {
  return {
    clientNames: new Map(),
    customTools: new Set(),
    clientTools: new Map(),
    jsonTool: undefined,
    stripsFences: false,
    isCompaction: false,
    model: "claude-opus-4-7",
    createdS: 1_700_000_000,
    echo: plainEcho,
    ...extra,
  };
}

/** The SSE text that a client gets for these events, the end of the transport included. */
export function streamedResponse(events: readonly TestEvent[], extra: Partial<ResponsesState> = {}): string {
  const stream = new ResponsesStream(responsesState(extra));
  return events.map((event) => stream.push(frameOf(event))).join("") + stream.end();
}

/** The events of SSE text, comments left out. Bytes-as-latin1 in. Throws: where a frame's name is not its event's type. */
export function responseEventsOf(bytes: string): (Fields & { type: string })[] {
  const text = Buffer.from(bytes, "latin1").toString("utf8");
  return text
    .split("\n\n")
    .filter((frame) => frame !== "" && !frame.startsWith(":"))
    .map((frame) => {
      const [, name, data = ""] = /^event: (.*)\ndata: (.*)$/s.exec(frame) ?? [];
      const event = JSON.parse(data) as Fields & { type: string };
      if (event.type !== name) throw new Error(`${name} is not ${event.type}`);
      return event;
    });
}

/** The JSON answer of these events. */
export function responseOf(events: readonly TestEvent[], extra: Partial<ResponsesState> = {}): Fields {
  const accumulator = new HubAccumulator();
  for (const event of events) accumulator.push(frameOf(event));
  const result = accumulator.end();
  if (result.kind === "failure") throw new Error(result.failure.message);
  return responsesFromHub(result.answer, responsesState(extra)).body;
}
