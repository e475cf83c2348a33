import { describe, expect, it } from "vitest";
import { toHub } from "../../support/chat-context.ts";
import { valueAt } from "../../support/translation-cases.ts";

type Message = Record<string, unknown>;

const call = (id: string, name = "f", args = "{}"): Message => ({
  id,
  type: "function",
  function: { name, arguments: args },
});
const calls = (...list: Message[]): Message => ({ role: "assistant", content: null, tool_calls: list });
const result = (id: string, content: unknown = "r"): Message => ({ role: "tool", tool_call_id: id, content });
const user = (content: unknown): Message => ({ role: "user", content });
const tools = [{ type: "function", function: { name: "f" } }];
const translate = (...messages: Message[]) => toHub({ model: "claude-opus-4-6", messages, tools });
const turns = (...messages: Message[]) => translate(...messages).request.messages;
const warned = (...messages: Message[]) => translate(...messages).warnings.map(({ code }) => code);
const param = (...messages: Message[]): unknown => {
  try {
    translate(...messages);
  } catch (error) {
    return (error as { param?: unknown }).param;
  }
  return "no error";
};
const text = (value: string) => ({ type: "text", text: value });
const use = (id: string, input: unknown = {}) => ({ type: "tool_use", id, name: "f", input });

describe("texts", () => {
  it("that are empty go, ones of white space only where nothing else is said", () => {
    expect(turns(user(["hi", " "]))[0]?.content).toEqual([text("hi"), text(" ")]);
    expect(
      turns(user([text(" "), { type: "image_url", image_url: { url: "https://x.test/a.png" } }]))[0]?.content,
    ).toHaveLength(1);
    expect(
      turns(user("q"), { role: "assistant", content: " \n", tool_calls: [call("c")] }, result("c"))[1]?.content,
    ).toEqual([use("c")]);
  });

  it("of a user message that says nothing are refused where it stands alone, told of where it doesn't", () => {
    for (const content of ["", " \n", [], [text("")], null]) expect(param(user(content))).toBe("messages[0].content");
    expect(param(user("a"), { role: "assistant", content: "b" }, user(""))).toBe("messages[2].content");
    expect(warned(user("a"), user(""))).toEqual(["dropped:empty_message"]);
    expect(turns(user("q"), calls(call("c")), result("c"), user(""))[2]?.content).toHaveLength(1);
  });

  it("of an assistant message that says nothing leave no trace", () => {
    expect(turns(user("a"), { role: "assistant", content: "" }, user("b"))).toEqual([
      { role: "user", content: [text("a"), text("b")] },
    ]);
  });

  it("may be a single part, or bare strings in a list", () => {
    expect(turns(user(text("a")))[0]?.content).toEqual([text("a")]);
    expect(turns(user(["a", text("b")]))[0]?.content).toEqual([text("a"), text("b")]);
  });

  it("of a refusal are said as text, in a part too", () => {
    expect(
      turns(user("a"), { role: "assistant", content: [{ type: "refusal", refusal: "no" }] }, user("b"))[1]?.content,
    ).toEqual([text("no")]);
  });
});

describe("system messages", () => {
  it("in mid-conversation stay where they are, behind the results of a tool", () => {
    const reminder = text("<system-reminder>\nbe terse\n</system-reminder>");
    expect(
      turns(user("q"), calls(call("c")), { role: "developer", content: "be terse" }, result("c"))[2]?.content,
    ).toEqual([{ type: "tool_result", tool_use_id: "c", content: "r" }, reminder]);
    expect(
      turns(user("q"), { role: "assistant", content: "a" }, { role: "system", content: "be terse" })[2]?.content,
    ).toEqual([reminder]);
    expect(turns(user("q"), { role: "system", content: " " })).toHaveLength(1);
  });

  it("only: all but the last stay system, the last is asked", () => {
    const { request } = toHub({
      model: "claude-opus-4-6",
      messages: [
        { role: "system", content: "A" },
        { role: "system", content: "B" },
      ],
    });
    expect(request.system).toEqual([text("A")]);
    expect(request.messages).toEqual([{ role: "user", content: [text("B")] }]);
  });

  it("hold text only", () => {
    expect(
      param(
        { role: "system", content: [{ type: "image_url", image_url: { url: "https://x.test/a.png" } }] },
        user("q"),
      ),
    ).toBe("messages[0].content");
  });
});

describe("tool calls and their results", () => {
  it("of consecutive assistant messages are one turn", () => {
    const list = turns(user("q"), calls(call("a")), calls(call("b")), result("b", "2"), result("a", "1"));
    expect(list.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect(list[2]?.content).toMatchObject([
      { tool_use_id: "a", content: "1" },
      { tool_use_id: "b", content: "2" },
    ]);
  });

  it("that a client numbers anew in every turn get ids of their own", () => {
    const { request, warnings } = translate(
      user("q"),
      calls(call("call_0")),
      result("call_0", "1"),
      calls(call("call_0")),
      result("call_0", "2"),
    );
    expect(request.messages.map(({ content }) => content[0])).toMatchObject([
      {},
      { id: "call_0" },
      { tool_use_id: "call_0", content: "1" },
      { id: "call_0_2" },
      { tool_use_id: "call_0_2", content: "2" },
    ]);
    expect(warnings).toEqual([]);
  });

  it("twice the same id within a turn take their results in order", () => {
    const list = turns(user("q"), calls(call("x"), call("x")), result("x", "1"), result("x", "2"));
    expect(list[2]?.content).toMatchObject([
      { tool_use_id: "x", content: "1" },
      { tool_use_id: "x_2", content: "2" },
    ]);
  });

  it("twice the same result: the last stands, with a warning", () => {
    const messages = [user("q"), calls(call("c")), result("c", "old"), result("c", "new")];
    expect(turns(...messages)[2]?.content).toEqual([{ type: "tool_result", tool_use_id: "c", content: "new" }]);
    expect(warned(...messages)).toEqual(["repaired:tool_result_duplicate"]);
  });

  it("without a result get one that says so, before the user's next words", () => {
    const messages = [user("q"), calls(call("a"), call("b")), result("b"), user("go on")];
    expect(turns(...messages)[2]?.content).toMatchObject([
      { type: "tool_result", tool_use_id: "a", is_error: true },
      { type: "tool_result", tool_use_id: "b", content: "r" },
      text("go on"),
    ]);
    expect(warned(...messages)).toEqual(["repaired:tool_result_missing"]);
  });

  it("that come late are put behind their call", () => {
    const messages = [
      user("q"),
      calls(call("c")),
      user("x"),
      { role: "assistant", content: "y" },
      result("c"),
      user("z"),
    ];
    expect(turns(...messages)[2]?.content).toEqual([
      { type: "tool_result", tool_use_id: "c", content: "r" },
      text("x"),
    ]);
    expect(warned(...messages)).toEqual(["repaired:tool_result_late"]);
  });

  it("are refused where no call was made", () => {
    expect(param(user("q"), calls(call("c")), result("c"), result("d"))).toBe("messages[3].role");
    expect(param(user("q"), { role: "function", name: "f", content: "r" })).toBe("messages[1].role");
    expect(param(user([{ type: "tool_result", tool_use_id: "zzz", content: "r" }]))).toBe("messages[0].content[0]");
  });

  it("keep an empty string, take parts, and lose the empty ones of those", () => {
    const contentOf = (content: unknown) => turns(user("q"), calls(call("c")), result("c", content))[2]?.content[0];
    expect(contentOf("")).toMatchObject({ content: "" });
    expect(contentOf(null)).toMatchObject({ content: "" });
    expect(contentOf(" ")).toMatchObject({ content: " " });
    expect(contentOf([text("a"), text(""), text("b")])).toMatchObject({ content: [text("a"), text("b")] });
    expect(contentOf([])).toMatchObject({ content: [] });
  });

  it("with arguments that are no JSON object keep them whole", () => {
    const inputOf = (args: unknown) =>
      valueAt(
        turns(user("q"), calls({ id: "c", function: { name: "f", arguments: args } }), result("c")),
        "[1].content[0].input",
      );
    expect(inputOf("[1]")).toEqual({ INVALID_JSON: "[1]" });
    expect(inputOf("null")).toEqual({ INVALID_JSON: "null" });
    expect(inputOf(" ")).toEqual({});
    expect(inputOf({ a: 1 })).toEqual({ a: 1 });
    expect(inputOf(undefined)).toEqual({});
    expect(inputOf('{"a":"é\\u00e9"}')).toEqual({ a: "éé" });
  });

  it("of a custom tool carry its text", () => {
    const custom = { id: "c", type: "custom", custom: { name: "f", input: "*** patch" } };
    expect(turns(user("q"), calls(custom), result("c"))[1]?.content).toEqual([use("c", { input: "*** patch" })]);
  });

  it("of the deprecated form pair up by order, also of the same function", () => {
    const legacy = (args: string) => ({
      role: "assistant",
      content: null,
      function_call: { name: "f", arguments: args },
    });
    const { request, warnings } = toHub({
      model: "claude-opus-4-6",
      messages: [
        user("q"),
        legacy('{"a":1}'),
        { role: "function", name: "f", content: "1" },
        legacy('{"a":2}'),
        { role: "function", name: "f", content: "2" },
      ],
      functions: [{ name: "f" }],
    });
    const [, first, firstResult, second, secondResult] = request.messages.map(
      ({ content }) => content[0] as Message | undefined,
    );
    expect(firstResult?.["tool_use_id"]).toBe(first?.["id"]);
    expect(secondResult?.["tool_use_id"]).toBe(second?.["id"]);
    expect(second?.["id"]).not.toBe(first?.["id"]);
    expect(warnings).toEqual([]);
  });
});

describe("the ends of a conversation", () => {
  it("that ends with the assistant goes on from there only where the model does that and nothing forbids it", () => {
    const messages = [user("a"), { role: "assistant", content: "The answer is  " }];
    const last = (extra: Message, model = "claude-haiku-4-5") =>
      toHub({ model, messages, ...extra }).request.messages.at(-1);
    expect(last({})).toEqual({ role: "assistant", content: [text("The answer is")] });
    expect(toHub({ model: "claude-haiku-4-5", messages }).warnings.map(({ code }) => code)).toEqual([
      "changed:prefill",
    ]);
    expect(last({ reasoning_effort: "low" })).toMatchObject({ role: "user" });
    expect(
      last({
        response_format: {
          type: "json_schema",
          json_schema: { name: "n", schema: { type: "object", properties: { a: { type: "string" } } } },
        },
      }),
    ).toMatchObject({ role: "user" });
    expect(last({}, "claude-opus-4-7")).toMatchObject({ role: "user" });
  });

  it("that begins with the assistant begins with a placeholder and says so", () => {
    expect(warned({ role: "assistant", content: "Hello" }, user("hi"))).toEqual(["repaired:first_message"]);
  });
});

describe("what has no place upstream", () => {
  it("is told: authors' names, audio, reasoning without a signature, thinking without one", () => {
    const assistant = {
      role: "assistant",
      content: "b",
      name: "bot",
      audio: { id: "audio_1" },
      reasoning_content: "secret",
    };
    expect(warned({ role: "user", content: "a", name: "bob" }, assistant, user("c")).toSorted()).toEqual([
      "dropped:audio",
      "dropped:name",
      "dropped:name",
      "dropped:reasoning_content",
    ]);
    const unsigned = { role: "assistant", content: [{ type: "thinking", thinking: "secret" }, text("b")] };
    expect(warned(user("a"), unsigned, user("c"))).toEqual(["dropped:unsigned_thinking"]);
    expect(JSON.stringify(turns(user("a"), assistant, unsigned, user("c")))).not.toContain("secret");
  });
});
