import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSandbox } from "../../../src/sandbox/start-sandbox.ts";
import { ask, bashTool, openSandbox, type SandboxClient, textIn } from "../support/sandbox-client.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zenthrex-replies-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(content: unknown): string {
  const file = join(folder, "replies.json");
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

const open = async (content: unknown): Promise<SandboxClient> => await openSandbox({ repliesFile: write(content) });

describe("a replies file", () => {
  it("answers by text, by pattern, by model, and anything with an entry without a match", async () => {
    const { post } = await open([
      { match: "weather", content: "Rain." },
      { match: { pattern: "^HELLO", flags: "i" }, content: [{ type: "text", text: "Hi." }] },
      { model: "claude-haiku-4-5", content: "Small." },
      { content: "Else." },
    ]);
    const said = async (prompt: string, more: object = {}): Promise<string> =>
      textIn((await post(ask(prompt, more))).body);
    expect(await said("what is the weather?")).toBe("Rain.");
    expect(await said("hello you")).toBe("Hi.");
    expect(await said("x", { model: "claude-haiku-4-5" })).toBe("Small.");
    expect(await said("x")).toBe("Else.");
  });

  it("scripts a conversation: an entry is used as often as it says", async () => {
    const { post, sandbox } = await open([
      {
        times: 1,
        content: [
          { type: "text", text: "Looking." },
          { type: "tool_use", name: "Bash", input: { command: "ls" } },
        ],
      },
      { match: "file-a", content: "There is file-a.", stop_reason: "end_turn" },
    ]);
    const first = await post(ask("list", { tools: [bashTool] }));
    expect(first.body.content[1]).toMatchObject({ name: "Bash", input: { command: "ls" } });
    const messages = [
      { role: "user", content: "list" },
      { role: "assistant", content: first.body.content },
      { role: "user", content: [{ type: "tool_result", tool_use_id: first.body.content[1].id, content: "file-a" }] },
    ];
    expect(textIn((await post(ask("", { tools: [bashTool], messages }))).body)).toBe("There is file-a.");
    sandbox.reset();
    expect((await post(ask("list", { tools: [bashTool] }))).body.stop_reason).toBe("tool_use");
  });

  it("brings faults, wins over the prompt and leaves what it doesn't match to it", async () => {
    const { post } = await open([{ match: "down", faults: ["error 529"] }]);
    expect((await post(ask("down [[sandbox: text up]]"))).status).toBe(529);
    expect(textIn((await post(ask("[[sandbox: text up]]"))).body)).toBe("up");
  });

  it.each<[string, unknown, string]>([
    ["JSON that is none", "[{]", "not valid JSON"],
    ["an object", {}, "the file must hold a list of replies"],
    ["an entry that is none", ["x"], "0: must be an object"],
    [
      "an unknown field",
      [{ reply: "x" }],
      "0.reply: unknown; there are match, model, times, content, stop_reason, faults",
    ],
    ["a match of another kind", [{ match: 5 }], '0.match: must be a string or {"pattern": ...}'],
    ["a pattern that is none", [{ match: { pattern: "(" } }], "0.match.pattern: is not a valid regular expression"],
    [
      "a block of an unknown kind",
      [{}, { content: [{ type: "image" }] }],
      "1.content.0.type: must be one of text, thinking",
    ],
    ["a block with an unknown field", [{ content: [{ type: "text", text: "x", id: 1 }] }], "0.content.0.id: unknown"],
    ["a text that is none", [{ content: [{ type: "text", text: 5 }] }], "0.content.0.text: must be a string"],
    [
      "an input that is none",
      [{ content: [{ type: "tool_use", name: "f", input: [] }] }],
      "0.content.0.input: must be an object",
    ],
    ["content that is a number", [{ content: 5 }], "0.content: must be a string or a list of content blocks"],
    ["an unknown stop reason", [{ stop_reason: "tired" }], "0.stop_reason: must be one of end_turn"],
    ["an unknown fault", [{ faults: ["explode"] }], '0.faults.0: sandbox: there is no directive "explode"'],
    ["no times at all", [{ times: 0 }], "0.times: must be a number from 1"],
  ])("is refused with %s, with the place", async (_, content, why) => {
    await expect(startSandbox({ repliesFile: write(content) })).rejects.toMatchObject({
      ...{ code: "ZX_FILE_INVALID", message: expect.stringContaining(why) },
    });
  });

  it("must be there", async () => {
    const started = startSandbox({ repliesFile: join(folder, "none.json") });
    await expect(started).rejects.toMatchObject({ code: "ZX_FILE_ACCESS", message: expect.stringContaining("ENOENT") });
  });
});
