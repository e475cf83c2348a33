import fc from "fast-check";
import { expect, it } from "vitest";
import { bodySettings, soundConversations } from "../../support/arbitrary-bodies.ts";
import { propertyRuns } from "../../support/property-runs.ts";
import { addedUp, openChat } from "../support/chat-client.ts";
import type { Parsed } from "../support/sandbox-client.ts";

/** What an OpenAI client would send of it: none of the dialects that only the proxy takes. Chunks of custom tools have no schema. */
function plain(settings: object, steps: readonly object[][]): Parsed {
  const { stream: _, foo: _foo, thinking: _thinking, top_k: _topK, ...kept } = settings as Parsed;
  const tools = kept.tools?.filter((tool: Parsed) => tool.type === "function");
  const body = { ...kept, ...(tools === undefined ? {} : { tools }), messages: steps.flat() };
  return JSON.parse(JSON.stringify(body, (key, value) => (key === "cache_control" ? undefined : value)));
}

const calls = (message: Parsed): unknown => (message.tool_calls ?? []).map((call: Parsed) => call.function.arguments);

const runs = propertyRuns(5_000);

it(`answers any conversation or names what is wrong with it; the stream adds up to the JSON answer (${runs.label})`, async () => {
  const client = await openChat();
  await fc.assert(
    fc.asyncProperty(bodySettings, soundConversations, async (settings, steps) => {
      client.sandbox.reset();
      const body = plain(settings, steps);
      const whole = await client.chat(body);
      const streamed = await client.chatStream(body);
      expect(streamed.status).toBe(whole.status);
      if (whole.status !== 200) {
        expect([whole.status, typeof whole.body.error.param]).toEqual([400, "string"]);
        return;
      }
      const [{ message, finish_reason: finish }] = whole.body.choices;
      const sum = addedUp(streamed.chunks);
      expect([streamed.done, sum.content, sum.reasoning, sum.finish]).toEqual([
        ...[true, message.content ?? "", message.reasoning_content ?? "", finish],
      ]);
      expect(sum.calls.map((call: Parsed) => call.arguments)).toEqual(calls(message));
    }),
    runs,
  );
});
