import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HubAccumulator } from "../../src/formats/anthropic/accumulate.ts";
import { serializeHubRequest } from "../../src/formats/anthropic/serialize-request.ts";
import { responsesFromHub } from "../../src/formats/openai-responses/response.ts";
import { ResponsesStream } from "../../src/formats/openai-responses/stream.ts";
import { responsesBodies, responsesSettings, responsesStates, soundInputs } from "../support/arbitrary-responses.ts";
import { hubStreams, writings } from "../support/arbitrary-streams.ts";
import { foldResponse } from "../support/fold-response.ts";
import { bytesOfEvents, framesOf } from "../support/frames-of.ts";
import { frameOf } from "../support/hub-streams.ts";
import { propertyRuns } from "../support/property-runs.ts";
import { isRepaired, settingsOf, withoutBreakpoints } from "../support/request-parts.ts";
import { responseEventsOf, responsesHub, responsesState } from "../support/responses-context.ts";
import { schemaErrors } from "../support/schema-validator.ts";
import { expectAccepted, orRefused } from "../support/translation-properties.ts";

type Fields = Record<string, unknown>;

const runs = propertyRuns(100_000);
const options = { numRuns: runs.numRuns, seed: runs.seed };

const translated = (body: Fields) => orRefused(responsesHub, body);

describe(`random Responses bodies (${runs.label})`, () => {
  it("become requests that the Messages schema and the sandbox accept, or a 400 with the place of the flaw", () => {
    expectAccepted(responsesBodies, responsesHub, options);
  });

  it("become the same bytes every time, and what stands before a further item doesn't change (law 8)", () => {
    let compared = 0;
    fc.assert(
      fc.property(responsesSettings, soundInputs, fc.nat(), (settings, steps, at) => {
        const input = steps.flat();
        const long = translated({ ...settings, input });
        if (long === undefined) return;
        expect(serializeHubRequest(responsesHub({ ...settings, input }).request)).toBe(
          serializeHubRequest(long.request),
        );
        const short = translated({ ...settings, input: steps.slice(0, 1 + (at % steps.length)).flat() });
        if (short === undefined || isRepaired(short.warnings) || isRepaired(long.warnings)) return;
        const [start, whole] = [withoutBreakpoints(short.request), withoutBreakpoints(long.request)];
        if (settingsOf(start) !== settingsOf(whole)) return;
        compared++;
        // "]}]}" closes the last block's list, its message, the messages and the request.
        expect(serializeHubRequest(whole).startsWith(serializeHubRequest(start).slice(0, -"]}]}".length))).toBe(true);
      }),
      options,
    );
    expect(compared).toBeGreaterThan(runs.numRuns / 5);
  });
});

describe(`random upstream streams as responses (${runs.label})`, () => {
  it("give the same valid events however they are split and written, which add up to the JSON answer (law 7)", () => {
    fc.assert(
      fc.property(
        hubStreams,
        responsesStates,
        writings,
        fc.array(fc.nat(), { maxLength: 8 }),
        (events, extra, write, at) => {
          const state = responsesState(extra);
          const stream = new ResponsesStream(state);
          const sse = events.map((event) => stream.push(frameOf(event))).join("") + stream.end();
          const split = new ResponsesStream(state);
          const accumulator = new HubAccumulator();
          let pieces = "";
          for (const frame of framesOf(bytesOfEvents(events, write), at)) {
            pieces += split.push(frame);
            accumulator.push(frame);
          }
          pieces += split.end();
          const told = responseEventsOf(sse);
          expect(responseEventsOf(pieces)).toEqual(told);
          for (const event of told) expect(schemaErrors("openai.ResponseStreamEvent", event)).toEqual([]);
          expect(told.map((event) => event["sequence_number"])).toEqual(told.map((_event, index) => index));
          const result = accumulator.end();
          if (result.kind === "failure") throw new Error(result.failure.message);
          const { body } = responsesFromHub(result.answer, state);
          expect(schemaErrors("openai.Response", body)).toEqual([]);
          expect(told.at(-1)?.["response"]).toEqual(body);
          expect(foldResponse(told)).toEqual(body["output"]);
        },
      ),
      options,
    );
  });

  it("cut anywhere end with an error, and no response that is whole (law 2)", () => {
    fc.assert(
      fc.property(hubStreams, responsesStates, fc.nat(), (events, extra, at) => {
        const stream = new ResponsesStream(responsesState(extra));
        const bytes = bytesOfEvents(events, (frame) => frame);
        const sse =
          framesOf(bytes.subarray(0, at % (bytes.length - 1)), [])
            .map((frame) => stream.push(frame))
            .join("") + stream.end();
        const types = responseEventsOf(sse).map(({ type }) => type);
        expect(types.slice(-2)).toEqual(["error", "response.failed"]);
        expect(types.filter((type) => type === "response.completed" || type === "response.incomplete")).toEqual([]);
        expect(stream.outcome).toBe("failed");
      }),
      options,
    );
  });
});
