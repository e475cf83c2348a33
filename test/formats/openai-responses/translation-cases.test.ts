import { describe, expect, it } from "vitest";
import { errorRow, ZenthrexError } from "../../../src/base/errors.ts";
import { serializeHubRequest } from "../../../src/formats/anthropic/serialize-request.ts";
import { messageEnd, messageStart, type TestEvent, textBlock, toolBlock } from "../../support/hub-streams.ts";
import { responseEventsOf, responsesHub, responsesState, streamedResponse } from "../../support/responses-context.ts";
import { schemaErrors } from "../../support/schema-validator.ts";
import { casesOf, mismatches, type Outcome, valueAt } from "../../support/translation-cases.ts";

type Fields = Record<string, unknown>;

const cases = new Map(casesOf("resp").map((one) => [one.id, one]));

function caseOf(id: string): { readonly input: Fields; readonly expect: Fields } {
  const found = cases.get(id);
  if (found === undefined) throw new Error(`there is no case ${id}`);
  return found as unknown as { input: Fields; expect: Fields };
}

/** The upstream streams of the cases that describe one in words. */
const streams: Readonly<Record<string, readonly TestEvent[]>> = {
  P01: [messageStart(), { type: "ping" }, ...textBlock(0, "Hel", "lo"), ...messageEnd("end_turn")],
  P05: [
    messageStart(),
    ...toolBlock(0, "toolu_1", "apply_patch", '{"input":"*** B', 'egin"}'),
    ...messageEnd("tool_use"),
  ],
  P06: [messageStart(), ...textBlock(0, "x"), ...messageEnd("max_tokens")],
};

/** The types of events, equal ones that follow each other told once with a star where the case does. */
function typesOf(events: readonly Fields[], starred: readonly string[]): string[] {
  const types: string[] = [];
  for (const { type } of events) {
    const name = starred.includes(`${String(type)}*`) ? `${String(type)}*` : String(type);
    if (!(name.endsWith("*") && types.at(-1) === name)) types.push(name);
  }
  return types;
}

function translated(input: Fields): Outcome {
  try {
    const { request, warnings } = responsesHub(input);
    return { body: JSON.parse(serializeHubRequest(request)), status: 200, warnings };
  } catch (error) {
    if (!(error instanceof ZenthrexError)) throw error;
    const { status, openaiCode, openaiType } = errorRow(error.code);
    return { body: { error: { type: openaiType, code: openaiCode, param: error.param } }, status, warnings: [] };
  }
}

describe("a Responses case", () => {
  it("P01 event order for Codex", () => {
    const wanted = caseOf("P01").expect as unknown as string[];
    const events = responseEventsOf(streamedResponse(streams["P01"] ?? []));
    expect(typesOf(events, wanted)).toEqual(wanted);
    for (const event of events) expect(schemaErrors("openai.ResponseStreamEvent", event)).toEqual([]);
  });

  it("P02 function_call round trip", () => {
    const { input, expect: expectation } = caseOf("P02");
    const { messages_roles: roles, ...rest } = expectation;
    const outcome = translated(input);
    expect((valueAt(outcome.body, "messages") as Fields[]).map(({ role }) => role)).toEqual(roles);
    expect(mismatches(outcome, rest)).toEqual([]);
    expect(schemaErrors("anthropic.MessageCreateParams", outcome.body)).toEqual([]);
  });

  it("P04 previous_response_id without local state -> 400", () => {
    const { input, expect: expectation } = caseOf("P04");
    expect(mismatches(translated(input), expectation)).toEqual([]);
  });

  it("P05 custom_tool_call (apply_patch) streams input", () => {
    const { input, expect: expectation } = caseOf("P05");
    const { state } = responsesHub({ model: "claude-opus-4-7", input: "hi", ...input });
    const events = responseEventsOf(streamedResponse(streams["P05"] ?? [], state));
    const types = events.map(({ type }) => type);
    for (const wanted of expectation["events_include"] as string[]) expect(types).toContain(wanted);
    const deltas = events.filter(({ type }) => type === "response.custom_tool_call_input.delta");
    expect(deltas.map((event) => event["delta"]).join("")).toBe("*** Begin");
    expect(deltas.length).toBeGreaterThan(1);
  });

  it("P06 max_tokens -> response.incomplete", () => {
    const { expect: expectation } = caseOf("P06");
    const last = responseEventsOf(streamedResponse(streams["P06"] ?? [], responsesState())).at(-1);
    expect(last?.type).toBe(expectation["terminal_event"]);
    expect(valueAt(last, "response.incomplete_details.reason")).toBe(expectation["response.incomplete_details.reason"]);
  });

  it("is proved by name: there is no other", () => {
    expect([...cases.keys()]).toEqual(["P01", "P02", "P04", "P05", "P06"]);
  });
});
