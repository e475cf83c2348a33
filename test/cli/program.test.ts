import { describe, expect, it } from "vitest";
import { ZenthrexError } from "../../src/base/errors.ts";
import type { Command } from "../../src/cli/command.ts";
import { parseArguments } from "../../src/cli/program.ts";

const command: Command = {
  description: "a command to parse arguments for",
  examples: [],
  arguments: [
    { name: "<tool>", description: "" },
    { name: "[names...]", description: "" },
  ],
  options: [
    { flags: "-p, --port <port>", description: "" },
    { flags: "--key-stdin", description: "" },
    { flags: "--no-auto-cache", description: "" },
    { flags: "--chat <how>", description: "", choices: ["translate", "upstream"] },
    { flags: "--lines <count>", description: "", defaultValue: "20" },
    { flags: "--match <text>", description: "", repeatable: true },
  ],
  exitCodes: {},
  run: async () => 0,
};

const parse = (...argv: string[]) => parseArguments("thing", command, argv);
const options = (...argv: string[]) => {
  const parsed = parse("tool", ...argv);
  return parsed.kind === "run" ? parsed.invocation.options : undefined;
};

function problem(...argv: string[]): ZenthrexError {
  try {
    parse(...argv);
  } catch (error) {
    if (error instanceof ZenthrexError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

describe("parseArguments", () => {
  it("gives arguments by name, in order", () => {
    const parsed = parse("claude-code", "a", "b");
    expect(parsed).toMatchObject({ kind: "run", invocation: { args: { tool: "claude-code", names: ["a", "b"] } } });
    expect(parse("claude-code")).toMatchObject({ invocation: { args: { tool: "claude-code", names: [] } } });
  });

  it("gives the options that were given, and declared defaults, and nothing else", () => {
    expect(options()).toEqual({ lines: "20" });
    expect(options("-p", "1", "--key-stdin", "--no-auto-cache", "--match", "a", "--match=b", "--lines", "3")).toEqual({
      port: "1",
      keyStdin: true,
      autoCache: false,
      match: ["a", "b"],
      lines: "3",
    });
  });

  it("takes --json, --color and --help everywhere", () => {
    expect(parse("tool", "--json", "--no-color")).toMatchObject({ kind: "run", json: true });
    expect(options("--json", "--color")).toEqual({ lines: "20", json: true });
    expect(parse("tool", "--help")).toEqual({ kind: "help" });
    expect(parse("-h")).toEqual({ kind: "help" });
    expect(parse("--nonsense", "-h")).toEqual({ kind: "help" });
  });

  it.each([
    [["tool", "--prot", "1"], /no option --prot/, /Did you mean --port\? See zenthrex thing --help/],
    [["tool", "--key"], /no option --key/, /Did you mean --key-stdin\?/],
    [["tool", "--zzzzzzzz=private"], /no option --zzzzzzzz$/, /^See zenthrex thing --help/],
    [[], /argument <tool> is missing/, /--help/],
    [["tool", "--port"], /'-p, --port <port>' argument missing/, /--help/],
    [["tool", "--chat", "maybe"], /Allowed choices are translate, upstream/, /--help/],
  ])("refuses %j in words", (argv, message, fix) => {
    const error = problem(...argv);
    expect(error.code).toBe("ZX_USAGE");
    expect(error.message).toMatch(message);
    expect(error.fix).toMatch(fix);
  });

  it("says that a command takes no arguments, without repeating them", () => {
    const plain: Command = { ...command, arguments: [] };
    expect(() => parseArguments("thing", plain, ["my-secret-word"])).toThrow("zenthrex thing takes no arguments");
  });

  it.each(["zk_live_0123456789abcdef", "--key=zk_live_0123456789abcdef", "sk-ant-api03-0123456789abcdef"])(
    "refuses a secret among the arguments, wherever it stands, and doesn't repeat it",
    (argument) => {
      const error = problem("tool", argument);
      expect(error.message).toMatch(/can be read by every user/);
      expect(`${error.message}${error.fix}`).not.toContain("0123456789");
    },
  );
});
