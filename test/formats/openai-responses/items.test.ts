import { describe, expect, it } from "vitest";
import { serializeHubRequest } from "../../../src/formats/anthropic/serialize-request.ts";
import { ThinkingCache } from "../../../src/formats/openai/thinking-cache.ts";
import { carriedThinking, carryThinking } from "../../../src/formats/openai-responses/carried-thinking.ts";
import {
  asHubMessage,
  messageEnd,
  messageStart,
  textBlock,
  thinkingBlock,
  toolBlock,
} from "../../support/hub-streams.ts";
import { responseOf, responsesHub } from "../../support/responses-context.ts";

type Fields = Record<string, unknown>;

const user = (text: string): Fields => ({ type: "message", role: "user", content: [{ type: "input_text", text }] });
const call = (id: string, name = "f", args = "{}"): Fields => ({
  type: "function_call",
  call_id: id,
  name,
  arguments: args,
});
const result = (id: string, output: unknown = "r"): Fields => ({ type: "function_call_output", call_id: id, output });
const hub = (input: unknown, extra: Fields = {}, context = {}) =>
  responsesHub({ model: "claude-opus-4-7", input, ...extra }, context);
const turns = (input: unknown, extra: Fields = {}) => hub(input, extra).request.messages;
const codes = (input: unknown, extra: Fields = {}): string[] =>
  hub(input, extra).warnings.map(({ code, path }) => `${code}@${path}`);
const textTurn = (role: string, ...texts: string[]) => ({
  role,
  content: texts.map((text) => ({ type: "text", text })),
});

describe("the items of a request", () => {
  it("take a text for a message of the user's", () => {
    expect(turns("hi")).toEqual([textTurn("user", "hi")]);
    expect(turns([{ role: "user", content: "hi" }])).toEqual([textTurn("user", "hi")]);
  });

  it("make system blocks of instructions and of leading developer messages, reminders of later ones", () => {
    const developer = (text: string): Fields => ({ type: "message", role: "developer", content: text });
    const { request } = hub([developer("B"), user("1"), developer("C"), user("2")], { instructions: "A" });
    expect(request.system?.map(({ text }) => text)).toEqual(["A", "B"]);
    expect(request.messages).toEqual([textTurn("user", "1", "<system-reminder>\nC\n</system-reminder>", "2")]);
  });

  it("carry pictures, files and refusals in messages", () => {
    const png = "iVBORw0KGgo=";
    const content = [
      { type: "input_text", text: "see" },
      { type: "input_image", image_url: `data:image/png;base64,${png}`, detail: "auto" },
      { type: "input_image", image_url: "https://x.test/a.png", detail: "high" },
      { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" },
      { type: "input_file", file_url: "https://x.test/a.pdf" },
    ];
    const said = [
      { type: "output_text", text: "a", annotations: [{ type: "url_citation" }] },
      { type: "refusal", refusal: "no" },
    ];
    const { request, warnings } = hub([{ role: "user", content }, { role: "assistant", content: said }, user("x")]);
    expect(request.messages.map(({ content: blocks }) => blocks.map(({ type }) => type))).toEqual([
      ["text", "image", "image", "document", "document"],
      ["text", "text"],
      ["text"],
    ]);
    expect(warnings.map(({ code, path }) => `${code}@${path}`)).toEqual([
      "dropped:detail@input[0].content[2].detail",
      "dropped:annotations@input[1].content",
    ]);
  });

  it("put parallel calls into one turn, their results first in the next, whatever stands between", () => {
    const items = [user("q"), call("a"), call("b"), user("wait"), result("b", "2"), result("a", "1"), user("go on")];
    expect(turns(items)).toEqual([
      textTurn("user", "q"),
      {
        role: "assistant",
        content: [
          { type: "tool_use", id: "a", name: "f", input: {} },
          { type: "tool_use", id: "b", name: "f", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "a", content: "1" },
          { type: "tool_result", tool_use_id: "b", content: "2" },
          { type: "text", text: "wait" },
          { type: "text", text: "go on" },
        ],
      },
    ]);
  });

  it("carry the calls and results of every tool that the client runs", () => {
    const env = { A: "1" };
    const items = [
      user("q"),
      { type: "custom_tool_call", call_id: "c", name: "patch", input: "*** é" },
      { type: "custom_tool_call_output", call_id: "c", output: [{ type: "input_text", text: "ok" }] },
      {
        type: "local_shell_call",
        id: "l1",
        call_id: "l",
        action: { type: "exec", command: ["ls"], env, timeout_ms: null },
        status: "completed",
      },
      { type: "local_shell_call_output", id: "x", call_id: "l", output: '{"output":"a"}' },
      { type: "shell_call", call_id: "s", action: { commands: ["ls", "pwd"], timeout_ms: 5 } },
      {
        type: "shell_call_output",
        call_id: "s",
        output: [{ stdout: "a", stderr: "", outcome: { type: "exit", exit_code: 0 } }],
      },
      {
        type: "apply_patch_call",
        call_id: "p",
        status: "completed",
        operation: { type: "update_file", path: "a", diff: "+x" },
      },
      { type: "apply_patch_call_output", call_id: "p", status: "failed", output: "no such file" },
    ];
    const tools = [
      { type: "custom", name: "patch" },
      ...["local_shell", "shell", "apply_patch"].map((type) => ({ type })),
    ];
    const blocks = turns(items, { tools }).flatMap(({ content }) => content);
    expect(blocks.filter(({ type }) => type === "tool_use")).toEqual([
      { type: "tool_use", id: "c", name: "patch", input: { input: "*** é" } },
      { type: "tool_use", id: "l", name: "local_shell", input: { command: ["ls"], env } },
      { type: "tool_use", id: "s", name: "shell", input: { commands: ["ls", "pwd"], timeout_ms: 5 } },
      { type: "tool_use", id: "p", name: "apply_patch", input: { type: "update_file", path: "a", diff: "+x" } },
    ]);
    expect(blocks.filter(({ type }) => type === "tool_result")).toMatchObject([
      { tool_use_id: "c", content: [{ type: "text", text: "ok" }] },
      { tool_use_id: "l", content: '{"output":"a"}' },
      { tool_use_id: "s", content: '[{"stdout":"a","stderr":"","outcome":{"type":"exit","exit_code":0}}]' },
      { tool_use_id: "p", content: "no such file", is_error: true },
    ]);
    expect(codes(items, { tools })).toEqual([]);
  });

  it("say where an output answers no call", () => {
    expect(() => turns([user("q"), result("nope")])).toThrow(
      expect.objectContaining({
        code: "ZX_BODY_INVALID",
        param: "input[1]",
        message: "No tool call found for function call output with call_id nope",
      }),
    );
  });

  it("warn of items that the hosted API has nothing like", () => {
    const search = { type: "web_search_call", id: "ws", status: "completed", action: { type: "search", query: "x" } };
    expect(codes([user("q"), search, user("go on")])).toEqual(["dropped:web_search_call@input[1]"]);
  });

  it("take tools that came in the course of the conversation", () => {
    const added = { type: "additional_tools", role: "developer", tools: [{ type: "function", name: "late" }] };
    expect(hub([user("q"), added]).request.tools).toMatchObject([{ name: "late" }]);
  });

  it("never change for what comes later (law 8)", () => {
    const steps = [
      [user("1")],
      [call("a", "f", '{"x":1}'), result("a")],
      [
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "A", annotations: [] }] },
        user("2"),
      ],
      [call("b"), call("c"), result("b"), result("c")],
    ];
    const bytes = (count: number): string =>
      serializeHubRequest(hub(steps.slice(0, count).flat(), { tools: [{ type: "function", name: "f" }] }).request);
    for (let count = 1; count < steps.length; count++) {
      expect(bytes(count + 1).startsWith(bytes(count).slice(0, -"]}]}".length))).toBe(true);
    }
  });
});

describe("thinking in items", () => {
  const answer = [
    messageStart(),
    ...thinkingBlock(0, "sig", "h ü", " 😀"),
    { type: "content_block_start", index: 1, content_block: { type: "redacted_thinking", data: "zzz" } },
    { type: "content_block_stop", index: 1 },
    ...textBlock(2, "Let me see."),
    ...toolBlock(3, "toolu_1", "f", '{"a":1}'),
    ...messageEnd("tool_use"),
  ];
  const original = [
    { type: "thinking", thinking: "h ü 😀", signature: "sig" },
    { type: "redacted_thinking", data: "zzz" },
    { type: "text", text: "Let me see." },
    { type: "tool_use", id: "toolu_1", name: "f", input: { a: 1 } },
  ];
  const output = responseOf(answer)["output"] as Fields[];

  it("comes back as it was, with nothing remembered", () => {
    const messages = turns([user("q"), ...output, result("toolu_1")]);
    expect(messages[1]).toEqual({ role: "assistant", content: original });
    expect(codes([user("q"), ...output, result("toolu_1")], { tools: [{ type: "function", name: "f" }] })).toEqual([]);
  });

  it("comes back as it was where a client dropped ids and summaries", () => {
    const lean = output.map(({ id: _id, summary: _summary, status: _status, ...rest }) => ({ ...rest, summary: [] }));
    expect(turns([user("q"), ...lean, result("toolu_1")])[1]?.content).toEqual(original);
  });

  it("is remembered for a client that drops it", () => {
    const cache = new ThinkingCache({ now: () => 0 });
    const request = hub([user("q")]).request;
    cache.remember(
      request,
      asHubMessage({
        id: "m",
        type: "message",
        role: "assistant",
        content: original,
        stop_reason: "tool_use",
        usage: {},
      }),
    );
    const without = output.filter(({ type }) => type !== "reasoning");
    const { request: next, warnings } = hub(
      [user("q"), ...without, result("toolu_1")],
      { tools: [{ type: "function", name: "f" }] },
      { recallThinking: cache.recall },
    );
    expect(next.messages[1]?.content).toEqual(original);
    expect(warnings).toEqual([]);
  });

  it("goes with a warning where it isn't ours, and where it is unsigned", () => {
    const foreign = { type: "reasoning", id: "rs", summary: [], encrypted_content: "gAAAAABo" };
    const unsigned = { type: "reasoning", id: "rs", summary: [{ type: "summary_text", text: "hm" }] };
    const said = { type: "message", role: "assistant", content: "A" };
    expect(codes([user("q"), foreign, said, user("x")])).toEqual(["dropped:reasoning@input[1].encrypted_content"]);
    expect(codes([user("q"), unsigned, said, user("x")])).toEqual(["dropped:reasoning@input[1]"]);
    expect(codes([user("q"), { type: "reasoning", id: "rs", summary: [] }, said, user("x")])).toEqual([]);
  });

  it("goes where nothing follows it: the answer was interrupted", () => {
    const reasoning = output[0] as Fields;
    expect(turns([user("q"), reasoning, user("again")])).toEqual([textTurn("user", "q", "again")]);
    expect(codes([user("q"), reasoning, user("again")])).toEqual(["repaired:reasoning@input[1]"]);
  });

  it("is not taken for what it isn't", () => {
    for (const text of ["", "zenthrex.1.", "zenthrex.1.%%%", `zenthrex.1.${btoa("[1]")}`, `zenthrex.1.${btoa("{}")}`])
      expect(carriedThinking(text)).toBeUndefined();
    expect(carryThinking({ type: "thinking", thinking: "x", signature: "" })).toBeUndefined();
  });
});

describe("what an earlier answer left", () => {
  const earlier = [user("1"), { type: "message", role: "assistant", content: [{ type: "output_text", text: "A" }] }];

  it("stands before the input", () => {
    const recallItems = (id: string) => (id === "resp_1" ? earlier : undefined);
    const { request, state, storedItems } = hub("2", { previous_response_id: "resp_1" }, { recallItems });
    expect(request.messages).toEqual([textTurn("user", "1"), textTurn("assistant", "A"), textTurn("user", "2")]);
    expect(state.echo["previous_response_id"]).toBe("resp_1");
    expect(storedItems).toEqual([{ type: "message", role: "user", content: "2" }]);
  });

  it("is referred to item by item", () => {
    const recallItem = (id: string) => (id === "msg_1" ? earlier[1] : undefined);
    const { request, storedItems } = hub(
      [user("1"), { type: "item_reference", id: "msg_1" }, user("2")],
      {},
      { recallItem },
    );
    expect(request.messages).toHaveLength(3);
    expect(storedItems?.[1]).toEqual(earlier[1]);
    expect(() => hub([user("1"), { type: "item_reference", id: "msg_2" }], {}, { recallItem })).toThrow(
      expect.objectContaining({
        code: "ZX_BODY_INVALID",
        param: "input[1]",
        message: "Item with id 'msg_2' not found",
      }),
    );
  });

  it("is kept for later unless the client wants nothing kept", () => {
    expect(hub("hi", { store: false }).storedItems).toBeUndefined();
    expect(hub("hi", { store: false }).state.echo["store"]).toBe(false);
    expect(hub("hi").storedItems).toHaveLength(1);
  });
});

describe("a conversation that is compacted", () => {
  const trigger = { type: "compaction_trigger" };
  const tools = [{ type: "function", name: "f" }];

  it("ends with the request for a summary, and no call is an answer to that", () => {
    const { request, state } = hub([user("1"), trigger], { tools });
    expect(request.messages.at(-1)?.content.at(-1)).toMatchObject({ text: expect.stringContaining("Summarize") });
    expect(request.tool_choice).toEqual({ type: "none" });
    expect(state.isCompaction).toBe(true);
  });

  it("goes on from the summary", () => {
    const events = [messageStart(), ...textBlock(0, "We did é."), ...messageEnd("end_turn")];
    const [item] = responseOf(events, { isCompaction: true })["output"] as Fields[];
    expect(turns([item, user("2")])).toEqual([
      textTurn("user", expect.stringMatching(/summary.*We did é\.$/s) as never, "2"),
    ]);
    expect(codes([{ type: "compaction", encrypted_content: "gAAAA" }, user("2")])).toEqual([
      "dropped:compaction@input[0]",
    ]);
  });
});
