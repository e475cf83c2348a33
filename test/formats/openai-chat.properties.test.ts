import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HubAccumulator } from "../../src/formats/anthropic/accumulate.ts";
import { serializeHubRequest } from "../../src/formats/anthropic/serialize-request.ts";
import { chatFromHub } from "../../src/formats/openai-chat/response.ts";
import { ChatStream } from "../../src/formats/openai-chat/stream.ts";
import { bodies, bodySettings, soundConversations } from "../support/arbitrary-bodies.ts";
import { chatStates, hubStreams, writings } from "../support/arbitrary-streams.ts";
import { chatState, toHub } from "../support/chat-context.ts";
import { foldChunks } from "../support/fold-chunks.ts";
import { bytesOfEvents, framesOf } from "../support/frames-of.ts";
import { chunksOf, frameOf } from "../support/hub-streams.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { isRepaired, settingsOf, withoutBreakpoints } from "../support/request-parts.ts";
import { schemaErrors } from "../support/schema-validator.ts";
import { expectAccepted, orRefused } from "../support/translation-properties.ts";

type Fields = Record<string, unknown>;

const runs = propertyRuns(200_000);
const options = { numRuns: runs.numRuns, seed: runs.seed };

const translated = (body: Fields) => orRefused(toHub, body);

describe(`random Chat Completions bodies (${runs.label})`, () => {
  it("become requests that the Messages schema and the sandbox accept, or a 400 with the place of the flaw", () => {
    expectAccepted(bodies, toHub, options);
  });

  it("become the same bytes every time, and what stands before a further message doesn't change (law 8)", () => {
    let compared = 0;
    fc.assert(
      fc.property(bodySettings, soundConversations, fc.nat(), (settings, steps, at) => {
        const messages = steps.flat();
        const long = translated({ ...settings, messages });
        if (long === undefined) return;
        expect(serializeHubRequest(toHub({ ...settings, messages }).request)).toBe(serializeHubRequest(long.request));
        const short = translated({ ...settings, messages: steps.slice(0, 1 + (at % steps.length)).flat() });
        if (short === undefined || isRepaired(short.warnings) || isRepaired(long.warnings)) return;
        const [start, whole] = [withoutBreakpoints(short.request), withoutBreakpoints(long.request)];
        if (settingsOf(start) !== settingsOf(whole)) return;
        compared++;
        // "]}]}" closes the last block's list, its message, the messages and the request.
        expect(serializeHubRequest(whole).startsWith(serializeHubRequest(start).slice(0, -"]}]}".length))).toBe(true);
      }),
      options,
    );
    expect(compared).toBeGreaterThan(runs.numRuns / 4);
  });
});

/** OpenAI's schema of chunks (2.3.0) knows only calls of functions; its SDK and its API also stream calls of custom tools. */
function withoutCustomType(chunk: Fields): Fields {
  return JSON.parse(JSON.stringify(chunk).replaceAll('"type":"custom",', "")) as Fields;
}

describe(`random upstream streams (${runs.label})`, () => {
  it("give the same chunks however they are split and written, valid ones, which add up to the JSON answer (law 7)", () => {
    fc.assert(
      fc.property(
        hubStreams,
        chatStates,
        writings,
        fc.array(fc.nat(), { maxLength: 8 }),
        (events, extra, write, at) => {
          const state = chatState(extra);
          const stream = new ChatStream(state);
          const sse = events.map((event) => stream.push(frameOf(event))).join("") + stream.end();
          const split = new ChatStream(state);
          const accumulator = new HubAccumulator();
          let pieces = "";
          for (const frame of framesOf(bytesOfEvents(events, write), at)) {
            pieces += split.push(frame);
            accumulator.push(frame);
          }
          pieces += split.end();
          const chunks = chunksOf(sse);
          expect(chunksOf(pieces)).toEqual(chunks);
          for (const chunk of chunks)
            expect(schemaErrors("openai.CreateChatCompletionStreamResponse", withoutCustomType(chunk))).toEqual([]);
          const result = accumulator.end();
          if (result.kind === "failure") throw new Error(result.failure.message);
          const { body } = chatFromHub(result.answer, state);
          expect(schemaErrors("openai.CreateChatCompletionResponse", body)).toEqual([]);
          const choice = (body["choices"] as Fields[])[0] as Fields;
          const folded = foldChunks(chunks);
          expect(folded.message).toEqual(choice["message"]);
          expect(folded.finish).toBe(choice["finish_reason"]);
          expect(folded.usage).toEqual(state.includeUsage ? body["usage"] : undefined);
          expect(sse.endsWith("data: [DONE]\n\n")).toBe(true);
        },
      ),
      options,
    );
  });

  it("cut anywhere end with an error and neither a finish reason nor [DONE] (law 2)", () => {
    fc.assert(
      fc.property(hubStreams, chatStates, fc.nat(), (events, extra, at) => {
        const stream = new ChatStream(chatState(extra));
        const bytes = bytesOfEvents(events, (frame) => frame);
        const sse =
          framesOf(bytes.subarray(0, at % (bytes.length - 1)), [])
            .map((frame) => stream.push(frame))
            .join("") + stream.end();
        const { errors, finish } = foldChunks(chunksOf(sse));
        expect(errors).toHaveLength(1);
        expect(finish).toBeNull();
        expect(sse).not.toContain("[DONE]");
        expect(stream.outcome).toBe("failed");
      }),
      options,
    );
  });
});
