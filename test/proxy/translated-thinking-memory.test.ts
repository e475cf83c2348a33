import { describe, expect, it } from "vitest";
import type { HubMessage, HubRequest } from "../../src/formats/anthropic/hub.ts";
import { createThinkingMemory } from "../../src/proxy/thinking-memory.ts";
import { createFakeClock } from "../support/fake-clock.ts";

const request: HubRequest = {
  model: "m",
  max_tokens: 1,
  messages: [{ role: "user", content: [{ type: "text", text: "x" }] }],
};
const own = (name: string) => ({ kind: "own", key: `zk_${name}` }) as const;

function answer(id: string): HubMessage {
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m",
    content: [
      { type: "thinking", thinking: "t", signature: "s" },
      { type: "tool_use", id, name: "read", input: {}, caller: { type: "direct" } },
    ],
    stop_reason: "tool_use",
    stop_sequence: null,
    usage: {},
  };
}

describe("the memory of thinking", () => {
  it("keeps what each key paid for apart", () => {
    const memory = createThinkingMemory(createFakeClock());
    memory.toKeepIn({ kind: "daemon" }).remember(request, answer("toolu_daemon"));
    memory.toKeepIn(own("a")).remember(request, answer("toolu_a"));
    expect(memory.of({ kind: "daemon" }).recall(["toolu_daemon"], "")).toHaveLength(2);
    expect(memory.of(own("a")).recall(["toolu_a"], "")).toHaveLength(2);
    expect(memory.of(own("b")).recall(["toolu_a"], "")).toBeUndefined();
    expect(memory.of(own("a")).recall(["toolu_daemon"], "")).toBeUndefined();
    expect(memory.of({ kind: "daemon" }).recall(["toolu_a"], "")).toBeUndefined();
  });

  it("forgets the key that was used the longest ago, not the daemon's", () => {
    const memory = createThinkingMemory(createFakeClock());
    memory.toKeepIn({ kind: "daemon" }).remember(request, answer("toolu_daemon"));
    memory.toKeepIn(own("first")).remember(request, answer("toolu_first"));
    memory.toKeepIn(own("second")).remember(request, answer("toolu_second"));
    for (let count = 0; count < 6; count++) memory.toKeepIn(own(`other${count}`));
    expect(memory.of(own("first")).recall(["toolu_first"], "")).toHaveLength(2);
    // Whoever only claims to be somebody takes nobody's place.
    for (let count = 0; count < 100; count++) memory.of(own(`claimed${count}`));
    expect(memory.of(own("first")).size).toBe(1);
    memory.toKeepIn(own("one more"));
    expect(memory.of(own("first")).recall(["toolu_first"], "")).toHaveLength(2);
    expect(memory.of(own("second")).recall(["toolu_second"], "")).toBeUndefined();
    expect(memory.of({ kind: "daemon" }).recall(["toolu_daemon"], "")).toHaveLength(2);
  });
});
