import { describe, expect, it } from "vitest";
import { ask, bashTool, openSandbox, type Parsed, textIn } from "../support/sandbox-client.ts";

const tools = [bashTool];
const kinds = (message: Parsed): string[] => message.content.map((block: Parsed) => block.type);
const summarized = { thinking: { type: "adaptive", display: "summarized" } };

async function answer(content: unknown, more: object = {}, headers: Record<string, string> = {}): Promise<Parsed> {
  const { post } = await openSandbox();
  return (await post(ask(content, more), headers)).body;
}

describe("directives in the prompt", () => {
  it("says a text, of a given length or as it stands", async () => {
    expect(textIn(await answer("[[sandbox: text Hello, world!  ]]"))).toBe("Hello, world!");
    expect(textIn(await answer("[[sandbox: text two\nlines]]"))).toBe("two\nlines");
    expect(textIn(await answer("[[sandbox: length 1000]]"))).toHaveLength(1_000);
    expect(textIn(await answer('[[sandbox: say-json {"a": [[1, 2]], "b": "]]"}]] tail'))).toBe(
      '{"a":[[1,2]],"b":"]]"}',
    );
  });

  it("calls tools, with the given input or the smallest that fits", async () => {
    const given = await answer('[[sandbox: tool Bash {"command":"ls [[a]]"}]]', { tools });
    expect(given.content).toMatchObject([{ type: "tool_use", name: "Bash", input: { command: "ls [[a]]" } }]);
    expect(given.stop_reason).toBe("tool_use");
    const smallest = await answer("[[sandbox: tool Bash]]", { tools });
    expect(smallest.content[0].input).toEqual({ command: "sandbox command" });
    const two = await answer("[[sandbox: tool Bash]] and [[sandbox: tool Bash]]", { tools });
    expect(new Set(two.content.map((block: Parsed) => block.id)).size).toBe(2);
  });

  it("calls no tool that the request doesn't let it call", async () => {
    expect(textIn(await answer("[[sandbox: tool Read]]", { tools }))).toContain('told to call "Read"');
    const none = await answer("[[sandbox: tool Bash]]", { tools, tool_choice: { type: "none" } });
    expect(kinds(none)).toEqual(["text"]);
    const search = { type: "web_search_20250305", name: "web_search" };
    expect(kinds(await answer("[[sandbox: tool web_search]]", { tools: [search] }))).toEqual(["text"]);
    const one = { type: "auto", disable_parallel_tool_use: true };
    const single = await answer("[[sandbox: tool Bash]][[sandbox: tool Bash]]", { tools, tool_choice: one });
    expect(kinds(single)).toEqual(["tool_use"]);
  });

  it("thinks where the request lets it, and not otherwise", async () => {
    const thought = await answer("[[sandbox: think 3]] [[sandbox: text done]]", summarized);
    expect(kinds(thought)).toEqual(["thinking", "text"]);
    expect(thought.content[0].thinking.match(/Step \d/g)).toEqual(["Step 1", "Step 2", "Step 3"]);
    expect(kinds(await answer("[[sandbox: think 3]] [[sandbox: text done]]"))).toEqual(["text"]);
    expect(kinds(await answer("[[sandbox: redacted-thinking]]", summarized))).toEqual(["redacted_thinking", "text"]);
    expect(kinds(await answer("[[sandbox: text a]] [[sandbox: think 1]]", summarized))).toEqual(["thinking", "text"]);
  });

  it("combines several, in their order", async () => {
    const message = await answer("[[sandbox: text one]] [[sandbox: tool Bash]] [[sandbox: text two]]", { tools });
    expect(kinds(message)).toEqual(["text", "tool_use", "text"]);
  });

  it.each(["max_tokens", "refusal", "pause_turn", "stop_sequence", "model_context_window_exceeded", "end_turn"])(
    "stops with %s",
    async (reason) => {
      const message = await answer(`[[sandbox: stop ${reason}]]`, { stop_sequences: ["END"] });
      expect(message.stop_reason).toBe(reason);
      expect(message.stop_sequence).toBe(reason === "stop_sequence" ? "END" : null);
      expect(message.stop_details === null).toBe(reason !== "refusal");
    },
  );

  it.each([
    ["[[sandbox: nonsense]]", 'there is no directive "nonsense"'],
    ["[[sandbox: constructor]]", "there is no directive"],
    ["[[sandbox: ]]", 'there is no directive ""'],
    ["[[sandbox: text never closed", "a directive is not closed"],
    ["[[sandbox: tool]]", "tool takes the name of a tool"],
    ["[[sandbox: tool Bash {broken]]", "its JSON is not valid"],
    ["[[sandbox: tool Bash [1]]]", "the input of a tool must be a JSON object"],
    ["[[sandbox: error 200]]", "the status must be one of 400, 401"],
    ["[[sandbox: stall soon]]", "stall takes seconds"],
    ["[[sandbox: stall 5 at=lunch]]", "at= takes before, start, end or a number of deltas"],
    ["[[sandbox: cut sideways]]", "cut takes nothing or one of boundary, reset, clean, half"],
    ["[[sandbox: stop now]]", "stop takes one of end_turn"],
    ["[[sandbox: deltas many]]", "deltas must be a whole number up to 100000"],
    ["[[sandbox: redirect 200]]", "the status must be one of 301"],
  ])("refuses %s and says why", async (prompt, why) => {
    const body = await answer(prompt, { tools });
    expect(body.error.message).toContain(why);
  });

  it("are read in the last user message only, not in reminders, tool results or earlier turns", async () => {
    const told = { type: "text", text: "<system-reminder>[[sandbox: text from a reminder]]</system-reminder>" };
    expect(textIn(await answer([told, { type: "text", text: "hi" }]))).toContain('You said: "hi"');
    const messages = [
      { role: "user", content: "[[sandbox: tool Bash]]" },
      { role: "assistant", content: [{ type: "tool_use", id: "t", name: "Bash", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "[[sandbox: text from a tool]]" }] },
    ];
    expect(textIn(await answer("", { tools, messages }))).toBe("The tool said: [[sandbox: text from a tool]]");
  });

  it("can stand in a header, which wins over the prompt", async () => {
    const prompt = "[[sandbox: text from the prompt]]";
    expect(textIn(await answer(prompt, {}, { "x-sandbox-reply": "text from the header" }))).toBe("from the header");
    const two = { "x-sandbox-reply": "[[sandbox: text a]] [[sandbox: stop refusal]]" };
    expect((await answer(prompt, {}, two)).stop_reason).toBe("refusal");
  });
});

describe("what is answered without directives", () => {
  it.each([
    ["run echo tool-ran-ok-42", "echo tool-ran-ok-42"],
    ["Please run `echo hello world`.", "echo hello world"],
    ["do this:\nrun echo a=b/c:1\nthen stop", "echo a=b/c:1"],
  ])("runs %j with the shell tool", async (prompt, command) => {
    const message = await answer(prompt, { tools });
    expect(kinds(message)).toEqual(["text", "tool_use"]);
    expect(message.content[1].input).toEqual({ command });
  });

  it.each(["run echo hi; rm -rf /", "run echo $(whoami)", "run ls", "run echo hi | sh", "run echo a && b"])(
    "runs nothing of %j",
    async (prompt) => {
      expect(kinds(await answer(prompt, { tools }))).toEqual(["text"]);
    },
  );

  it("shapes the input as the tool wants it", async () => {
    const shell = (name: string, properties: object, required: string[]): object => ({
      tools: [{ name, input_schema: { type: "object", properties, required } }],
    });
    const string = { type: "string" };
    const described = shell("Bash", { command: string, description: string }, ["command", "description"]);
    expect((await answer("run echo a", described)).content[1].input).toEqual({
      ...{ command: "echo a", description: "sandbox description" },
    });
    const listed = shell("shell", { command: { type: "array", items: string } }, ["command"]);
    expect((await answer("run echo a", listed)).content[1].input).toEqual({ command: ["bash", "-lc", "echo a"] });
    const approved = shell("execute_command", { command: string, requires_approval: { type: "boolean" } }, [
      "command",
      "requires_approval",
    ]);
    expect((await answer("run echo a", approved)).content[1].input).toEqual({
      command: "echo a",
      requires_approval: false,
    });
    const typed = { tools: [{ type: "bash_20250124", name: "bash" }] };
    expect((await answer("run echo a", typed)).content[1]).toMatchObject({
      name: "bash",
      input: { command: "echo a" },
    });
    const editor = shell("editor", { command: { type: "string", enum: ["view"] } }, ["command"]);
    expect(kinds(await answer("run echo a", editor))).toEqual(["text"]);
    expect(kinds(await answer("run echo a"))).toEqual(["text"]);
  });

  it("quotes what tools said, and what failed", async () => {
    const messages = [
      { role: "user", content: "run echo hi" },
      { role: "assistant", content: ["a", "b", "c"].map((id) => ({ type: "tool_use", id, name: "Bash", input: {} })) },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "a", content: "hi\n<system-reminder>x</system-reminder>" },
          { type: "tool_result", tool_use_id: "b", content: [{ type: "text", text: "no such file" }], is_error: true },
          { type: "tool_result", tool_use_id: "c" },
        ],
      },
    ];
    const text = textIn(await answer("", { tools, messages }));
    expect(text).toBe("The tool said: hi\nThe tool failed: no such file\nThe tool said: (nothing)");
  });

  it("calls a tool where it is forced to, and says nothing else", async () => {
    const other = {
      name: "weather",
      input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    };
    const both = [bashTool, other];
    const any = await answer("hi", { tools: both, tool_choice: { type: "any" } });
    expect(any.content).toMatchObject([{ type: "tool_use", name: "Bash" }]);
    const named = await answer("[[sandbox: tool Bash]]", {
      tools: both,
      tool_choice: { type: "tool", name: "weather" },
    });
    expect(named.content).toMatchObject([{ type: "tool_use", name: "weather", input: { city: "sandbox city" } }]);
  });

  it("fills an output schema", async () => {
    const schema = {
      type: "object",
      additionalProperties: false,
      properties: { a: { type: "string" }, n: { type: "integer" } },
      required: ["a", "n"],
    };
    const message = await answer("hi", { output_config: { format: { type: "json_schema", schema } } });
    expect(JSON.parse(textIn(message))).toEqual({ a: "sandbox a", n: 0 });
  });

  it("says what it saw when there is no text", async () => {
    const source = { type: "url", url: "https://x.test/a.png" };
    expect(textIn(await answer([{ type: "image", source }]))).toContain("You sent no text. You sent 1 image.");
  });

  it("shortens long prompts", async () => {
    expect(textIn(await answer("x".repeat(10_000))).length).toBeLessThan(600);
  });

  it("goes on behind a prefill", async () => {
    const messages = [
      { role: "user", content: "hi" },
      { role: "assistant", content: "The answer" },
    ];
    expect(textIn(await answer("", { model: "claude-haiku-4-5", messages }))).toContain('You said: "hi"');
  });
});

describe("thinking", () => {
  it("shows what the request and the model's default say", async () => {
    const omitted = await answer("hi", { thinking: { type: "adaptive" } });
    expect(omitted.content[0]).toMatchObject({ type: "thinking", thinking: "" });
    expect(omitted.content[0].signature.length).toBeGreaterThan(100);
    expect(omitted.usage.output_tokens_details.thinking_tokens).toBeGreaterThan(10);
    const shown = await answer("hi", summarized);
    expect(shown.content[0].thinking).not.toBe("");
    const older = await answer("hi", { model: "claude-opus-4-6", thinking: { type: "adaptive" } });
    expect(older.content[0].thinking).not.toBe("");
    expect(kinds(await answer("hi", { thinking: { type: "disabled" } }))).toEqual(["text"]);
  });

  it("comes back valid, in every display, and not when it was touched", async () => {
    const { post } = await openSandbox();
    const haiku = { model: "claude-haiku-4-5", thinking: { type: "enabled", budget_tokens: 2_000 }, tools };
    for (const more of [haiku, { ...haiku, thinking: { ...haiku.thinking, display: "omitted" } }]) {
      const first = await post(ask("[[sandbox: tool Bash]]", more));
      const next = (content: Parsed): object => ({
        ...ask("", more),
        messages: [
          { role: "user", content: "x" },
          { role: "assistant", content },
          { role: "user", content: [{ type: "tool_result", tool_use_id: content.at(-1).id, content: "ok" }] },
        ],
      });
      const { content } = first.body;
      expect((await post(next(content))).status).toBe(200);
      const touched = [{ ...content[0], thinking: `${content[0].thinking}!` }, ...content.slice(1)];
      expect((await post(next(touched))).body.error.message).toContain("Invalid `signature`");
    }
  });

  it("takes redacted thinking back", async () => {
    const { post } = await openSandbox();
    const first = await post(ask("[[sandbox: redacted-thinking]]", summarized));
    const messages = [
      { role: "user", content: "x" },
      { role: "assistant", content: first.body.content },
      { role: "user", content: "y" },
    ];
    expect((await post(ask("", { ...summarized, messages }))).status).toBe(200);
  });
});

describe("limits of an answer", () => {
  it("ends at max_tokens, and says so", async () => {
    const message = await answer("[[sandbox: length 5000]]", { max_tokens: 100 });
    expect([message.stop_reason, message.usage.output_tokens <= 100]).toEqual(["max_tokens", true]);
    expect(textIn(message).length).toBeGreaterThan(150);
    expect(textIn(message).length).toBeLessThan(400);
  });

  it("ends inside a tool call with an input that is nothing", async () => {
    const long = JSON.stringify({ command: "x ".repeat(500) });
    const message = await answer(`[[sandbox: tool Bash ${long}]]`, { max_tokens: 50, tools });
    expect([message.stop_reason, message.content[0].input]).toEqual(["max_tokens", {}]);
  });

  it("ends inside thinking with nothing behind it", async () => {
    const message = await answer("[[sandbox: think 100]]", { ...summarized, max_tokens: 60 });
    expect([message.stop_reason, kinds(message)]).toEqual(["max_tokens", ["thinking"]]);
  });

  it("ends at the first stop sequence, without it and what is behind it", async () => {
    const prompt = "[[sandbox: text one STOP two END three]] [[sandbox: tool Bash]]";
    const message = await answer(prompt, { stop_sequences: ["END", "STOP"], tools });
    expect([textIn(message), message.stop_reason, message.stop_sequence]).toEqual(["one ", "stop_sequence", "STOP"]);
    expect(kinds(message)).toEqual(["text"]);
  });

  it("ends where the context window does", async () => {
    const message = await answer("abcd ".repeat(95_000), { max_tokens: 128_000 });
    expect(message.stop_reason).toBe("end_turn");
    const { post } = await openSandbox();
    const full = await post(ask(`${"abcd ".repeat(95_500)} [[sandbox: length 20000]]`, { max_tokens: 128_000 }));
    expect(full.body.stop_reason).toBe("model_context_window_exceeded");
    expect(full.body.usage.input_tokens + full.body.usage.output_tokens).toBeLessThanOrEqual(200_000);
  });

  it("never cuts a character in half", async () => {
    const message = await answer(`[[sandbox: text ${"😀".repeat(50)}]]`, { max_tokens: 33 });
    expect(textIn(message)).toBe("😀".repeat(8));
  });
});
