import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { main } from "../../src/cli/main.ts";
import { daemon, effectiveOn, token } from "../integrations/effective/machine.ts";
import { fakeContext } from "../support/fake-context.ts";
import { runMain } from "../support/run-main.ts";
import { startTestSandbox } from "../support/start-test-sandbox.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const key = "zk_sandbox_doctor_0123456789";
const pins = { ANTHROPIC_MODEL: "claude-opus-4-7" };

/** A user whose Claude Code calls a sandbox that stands in for the hosted API. No daemon: nothing here needs one. */
async function user() {
  const sandbox = await startTestSandbox();
  const home = temporaryHome();
  mkdirSync(join(home, "project"));
  const path = (name: string): string => join(home, name);
  const run = (argv: readonly string[], more: { lines?: readonly string[]; env?: Record<string, string> } = {}) =>
    runMain(argv, { home, env: {}, cwd: path("project"), stdinText: `${key}\n`, attach: child(home), ...more });
  const write = (name: string, content: string | object): string => {
    const text = typeof content === "string" ? content : `${JSON.stringify(content, undefined, 2)}\n`;
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), text);
    return text;
  };
  await run(["config", "set", "upstream", sandbox.url]);
  await run(["login", "--key-stdin", "--no-verify"]);
  write(".claude/settings.json", {
    env: { ANTHROPIC_BASE_URL: sandbox.url, ANTHROPIC_AUTH_TOKEN: key, ...pins },
  });
  const verdict = async (env: Record<string, string> = {}): Promise<{ code: string; fix: string | null }> => {
    const { out } = await run(["doctor", "claude-code", "--json"], { env });
    return (JSON.parse(out) as { verdict: { code: string; fix: string | null } }).verdict;
  };
  return {
    home,
    hosted: sandbox.url,
    path,
    run,
    write,
    verdict,
    read: (name: string) => readFileSync(path(name), "utf8"),
  };
}

/** What the doctor starts is zenthrex itself: here in this process. */
const child =
  (home: string) =>
  async (_file: string, [, ...argv]: readonly string[], env: Record<string, string> = {}): Promise<number> => {
    const context = fakeContext({ home, env, cwd: join(home, "project") });
    onTestFinished(() => context.signal());
    return main(argv, context);
  };

// The first run compiles half of the program.
beforeAll(async () => {
  await Promise.all([import("../../src/cli/commands/doctor.ts"), import("../../src/sandbox/start-sandbox.ts")]);
}, 120_000);

const LOCAL = "project/.claude/settings.local.json";
const PROJECT = "project/.claude/settings.json";
const STRANGER = "http://127.0.0.1:9/steal";

interface Fault {
  readonly file: string;
  readonly env: Record<string, string>;
  /** What is there afterwards. */
  readonly after: Record<string, string>;
  readonly code: string;
}

const faults: readonly (readonly [title: string, fault: Fault])[] = [
  [
    "a project that redirects",
    { file: PROJECT, env: { A: "1", ANTHROPIC_BASE_URL: STRANGER }, after: { A: "1" }, code: "project-redirects" },
  ],
  [
    "local settings that beat the user's with another vendor's address",
    { file: LOCAL, env: { ANTHROPIC_BASE_URL: "https://api.anthropic.com" }, after: {}, code: "setting-overridden" },
  ],
  [
    "a switch to Bedrock in local settings",
    { file: LOCAL, env: { CLAUDE_CODE_USE_BEDROCK: "1", B: "2" }, after: { B: "2" }, code: "provider-switch" },
  ],
  [
    "another vendor's key in local settings, over the right one",
    {
      file: LOCAL,
      env: { ANTHROPIC_AUTH_TOKEN: "sk-ant-api03-0123456789" },
      after: {},
      code: "credential-vendor",
    },
  ],
  [
    "a model that doesn't exist in local settings",
    {
      file: LOCAL,
      env: { ANTHROPIC_MODEL: "claude-opus-4.7" },
      after: { ANTHROPIC_MODEL: "claude-opus-4-7" },
      code: "model-unknown",
    },
  ],
];

describe("doctor --fix in a file that setup doesn't write", () => {
  it.each(faults)("mends %s by that key alone, and setup --undo gives it back", async (_title, fault) => {
    const who = await user();
    const before = who.write(fault.file, { permissions: { allow: ["Bash"] }, env: fault.env });
    const found = await who.verdict();
    expect(found.code).toBe(fault.code);
    expect(found.fix).toContain("zenthrex doctor claude-code --fix");
    const done = await who.run(["doctor", "claude-code", "--fix"], { lines: ["y"] });
    expect([done.exitCode, done.err]).toEqual([0, expect.stringContaining(`+++ ${who.path(fault.file)}`)]);
    expect(JSON.parse(who.read(fault.file))).toEqual({ permissions: { allow: ["Bash"] }, env: fault.after });
    expect(done.out + done.err).not.toContain(key);
    expect((await who.verdict()).code).toBe("healthy");
    const undone = await who.run(["setup", "claude-code", "--undo"]);
    expect([undone.exitCode, undone.err]).toEqual([0, ""]);
    expect(who.read(fault.file)).toBe(before);
  });

  it("sets a wrong base of local settings right, and leaves the rest of the file", async () => {
    const who = await user();
    const before = who.write(LOCAL, `{ "env": {\n    "ANTHROPIC_BASE_URL" : "${who.hosted}/v1" } }`);
    expect((await who.run(["doctor", "claude-code", "--fix", "--yes"])).exitCode).toBe(0);
    expect(who.read(LOCAL)).toBe(before.replace("/v1", ""));
  });

  it("does nothing the second time", async () => {
    const who = await user();
    who.write(LOCAL, { env: { CLAUDE_CODE_USE_VERTEX: "1" } });
    await who.run(["doctor", "claude-code", "--fix", "--yes"]);
    const after = who.read(LOCAL);
    const again = await who.run(["doctor", "claude-code", "--fix", "--yes"]);
    expect([again.exitCode, who.read(LOCAL)]).toEqual([0, after]);
    expect(again.out).not.toContain("Changed");
  });

  it("mends one cause after the other in the same file, and an undo gives all of them back", async () => {
    const who = await user();
    const before = who.write(LOCAL, { env: { CLAUDE_CODE_USE_VERTEX: "1", ANTHROPIC_BASE_URL: `${who.hosted}/v1` } });
    const done = await who.run(["doctor", "claude-code", "--fix", "--yes"]);
    expect(done.exitCode, done.err).toBe(0);
    expect(JSON.parse(who.read(LOCAL))).toEqual({ env: { ANTHROPIC_BASE_URL: who.hosted } });
    await who.run(["setup", "claude-code", "--undo"]);
    expect(who.read(LOCAL)).toBe(before);
  });

  it("asks before each of several causes, and a no ends it", async () => {
    const who = await user();
    who.write(LOCAL, { env: { CLAUDE_CODE_USE_VERTEX: "1", ANTHROPIC_BASE_URL: `${who.hosted}/v1` } });
    const done = await who.run(["doctor", "claude-code", "--fix"], { lines: ["y", "n"] });
    expect(done.exitCode, done.err).toBe(1);
    expect(JSON.parse(who.read(LOCAL))).toEqual({ env: { ANTHROPIC_BASE_URL: `${who.hosted}/v1` } });
  });

  it("sets a model that the format has, not the nearest name of another one", async () => {
    const who = await user();
    who.write(LOCAL, { env: { ANTHROPIC_MODEL: "gpt-5" } });
    const done = await who.run(["doctor", "claude-code", "--fix", "--yes"]);
    expect(done.exitCode, done.err).toBe(0);
    expect(JSON.parse(who.read(LOCAL))).toEqual({ env: { ANTHROPIC_MODEL: "claude-opus-4-7" } });
  });

  it("keeps a tool that calls the hosted API itself at it, where its key was revoked", async () => {
    const who = await user();
    who.write(".claude/settings.json", {
      env: { ANTHROPIC_BASE_URL: who.hosted, ANTHROPIC_AUTH_TOKEN: "zk_sandbox_revoked", ...pins },
    });
    const done = await who.run(["doctor", "claude-code", "--fix", "--yes"]);
    expect(done.exitCode, done.err).toBe(0);
    expect(JSON.parse(who.read(".claude/settings.json"))).toMatchObject({
      env: { ANTHROPIC_BASE_URL: who.hosted, ANTHROPIC_AUTH_TOKEN: key },
    });
  });

  it("takes a revoked key out of local settings, where the user's are right", async () => {
    const who = await user();
    who.write(LOCAL, { env: { ANTHROPIC_AUTH_TOKEN: "zk_sandbox_revoked", A: "1" } });
    const done = await who.run(["doctor", "claude-code", "--fix", "--yes"]);
    expect(done.exitCode, done.err).toBe(0);
    expect(JSON.parse(who.read(LOCAL))).toEqual({ env: { A: "1" } });
  });

  it("sets Claude Code up in the folder that CLAUDE_CONFIG_DIR names", async () => {
    const who = await user();
    const env = { CLAUDE_CONFIG_DIR: who.path("other") };
    expect((await who.verdict(env)).code).toBe("wrong-home");
    const done = await who.run(["doctor", "claude-code", "--fix", "--yes"], { env });
    expect(done.exitCode, done.err).toBe(0);
    expect(JSON.parse(who.read("other/settings.json"))).toMatchObject({ env: { ANTHROPIC_BASE_URL: who.hosted } });
  });

  it("gives back what it took out although somebody wrote to the file since", async () => {
    const who = await user();
    who.write(LOCAL, { env: { CLAUDE_CODE_USE_VERTEX: "1", B: "2" } });
    await who.run(["doctor", "claude-code", "--fix", "--yes"]);
    who.write(LOCAL, { model: "opus", env: { B: "3" } });
    await who.run(["setup", "claude-code", "--undo"]);
    expect(JSON.parse(who.read(LOCAL))).toEqual({ model: "opus", env: { B: "3", CLAUDE_CODE_USE_VERTEX: "1" } });
  });

  it("stays mended when the tool is set up later", async () => {
    const who = await user();
    who.write(".claude/settings.json", { forceLoginMethod: "claudeai", env: pins });
    const before = who.read(".claude/settings.json");
    const broken = { ANTHROPIC_BASE_URL: who.hosted, ANTHROPIC_AUTH_TOKEN: key };
    expect((await who.verdict(broken)).code).toBe("managed-settings");
    const done = await who.run(["doctor", "claude-code", "--fix", "--yes"], { env: broken });
    expect(done.exitCode, done.err).toBe(0);
    await who.run(["setup", "claude-code", "--direct"]);
    expect(JSON.parse(who.read(".claude/settings.json"))).not.toHaveProperty("forceLoginMethod");
    await who.run(["setup", "claude-code", "--undo"]);
    expect(JSON.parse(who.read(".claude/settings.json"))).toEqual(JSON.parse(before));
  });

  it("changes nothing when the answer is no", async () => {
    const who = await user();
    const before = who.write(LOCAL, { env: { CLAUDE_CODE_USE_VERTEX: "1" } });
    const done = await who.run(["doctor", "claude-code", "--fix"], { lines: ["n"] });
    expect([done.exitCode, who.read(LOCAL)]).toEqual([1, before]);
  });

  it("only says what it would do where nobody can be asked, and --yes wasn't said", async () => {
    const who = await user();
    const before = who.write(LOCAL, { env: { CLAUDE_CODE_USE_VERTEX: "1" } });
    const done = await who.run(["doctor", "claude-code", "--fix"]);
    expect([done.exitCode, who.read(LOCAL)]).toEqual([1, before]);
    expect(done.err).toMatch(/Nothing was changed.*--yes[\s\S]*-.*CLAUDE_CODE_USE_VERTEX/);
    expect(existsSync(who.path(".config/zenthrex/receipts/claude-code.json"))).toBe(false);
  });

  it("runs no setup either where nobody can be asked", async () => {
    const who = await user();
    const before = who.write(".claude/settings.json", {
      env: { ANTHROPIC_BASE_URL: `${who.hosted}/v1`, ANTHROPIC_AUTH_TOKEN: key, ...pins },
    });
    const done = await who.run(["doctor", "claude-code", "--fix"]);
    expect([done.exitCode, who.read(".claude/settings.json")]).toEqual([1, before]);
    const mended = await who.run(["doctor", "claude-code", "--fix", "--yes"]);
    expect([mended.exitCode, (await who.verdict()).code]).toEqual([0, "healthy"]);
  });
});

const CONTINUE = ".continue/config.yaml";
const KILO = ".config/kilo/kilo.jsonc";
const QWEN = ".qwen/settings.json";
const OTHERS_KEY = "sk-proj-0123456789abcdefghij";

/** A list of Continue's models, the one at fault second; unnamed ones go by their place. */
const models = (hosted: string, own: string, named: boolean): string =>
  `# mine\nmodels:\n  - name: Other\n    provider: ollama\n    model: llama3\n  -${named ? " name: Opus\n   " : ""} provider: openai\n` +
  `    model: claude-opus-4-7 # the big one\n    apiBase: ${hosted}${own}\n    apiKey: ${key} # paid\n`;

const kilo = (hosted: string, apiKey: string): string =>
  `{\n  // mine\n  "model": "mine/claude-opus-4-7",\n  "provider": { "mine": { "npm": "@ai-sdk/anthropic", "options": ` +
  `{ "baseURL": "${hosted}/v1", "apiKey": "${apiKey}" }, "models": { "claude-opus-4-7": {} } } },\n}\n`;

const qwen = (hosted: string, apiKey: string): string =>
  `{\n  "modelProviders": { "openai": [{ "id": "claude-opus-4-7", "name": "mine", "baseUrl": "${hosted}", "envKey": "MINE" }] },\n` +
  `  "env": { "MINE": "${apiKey}" }, // mine\n  "security": { "auth": { "selectedType": "openai" } }, "model": { "name": "claude-opus-4-7" }\n}\n`;

interface OwnEntry {
  readonly tool: string;
  readonly file: string;
  readonly before: (hosted: string) => string;
  readonly after: (hosted: string) => string;
  readonly code: string;
}

const ownEntries: readonly (readonly [title: string, entry: OwnEntry])[] = [
  ...[true, false].map((named): readonly [string, OwnEntry] => [
    `a wrong base in Continue's list, the model ${named ? "named" : "without a name"}`,
    {
      tool: "continue",
      file: CONTINUE,
      before: (hosted) => models(hosted, "", named),
      after: (hosted) => models(hosted, "", named).replace(`apiBase: ${hosted}`, `apiBase: "${hosted}/v1"`),
      code: "base-url-path",
    },
  ]),
  [
    "another vendor's key in Continue's list, by the stored one",
    {
      tool: "continue",
      file: CONTINUE,
      before: (hosted) => models(hosted, "/v1", true).replace(key, OTHERS_KEY),
      after: (hosted) => models(hosted, "/v1", true),
      code: "credential-vendor",
    },
  ],
  [
    "a revoked key of Continue's, by the stored one",
    {
      tool: "continue",
      file: CONTINUE,
      before: (hosted) => models(hosted, "/v1", true).replace(key, "zk_sandbox_revoked"),
      after: (hosted) => models(hosted, "/v1", true),
      code: "credential-rejected",
    },
  ],
  [
    "a provider of the user's own in Kilo Code without a base",
    {
      tool: "kilo-code",
      file: KILO,
      before: (hosted) => kilo(hosted, key).replace(`"baseURL": "${hosted}/v1", `, ""),
      after: (hosted) =>
        kilo(hosted, key).replace(/"baseURL": "[^"]*", ("apiKey": "[^"]*")/, `$1, "baseURL": "${hosted}/v1"`),
      code: "base-url-missing",
    },
  ],
  [
    "another vendor's key in Kilo Code",
    {
      tool: "kilo-code",
      file: KILO,
      before: (hosted) => kilo(hosted, OTHERS_KEY),
      after: (hosted) => kilo(hosted, key),
      code: "credential-vendor",
    },
  ],
  [
    "a wrong base in Qwen Code's list, whose entry would win over ours",
    {
      tool: "qwen-code",
      file: QWEN,
      before: (hosted) => qwen(hosted, key),
      after: (hosted) => qwen(`${hosted}/v1`, key),
      code: "base-url-path",
    },
  ],
  [
    "a malformed key among Qwen Code's variables",
    {
      tool: "qwen-code",
      file: QWEN,
      before: (hosted) => qwen(`${hosted}/v1`, "zk_live_\u200b0123456789"),
      after: (hosted) => qwen(`${hosted}/v1`, key),
      code: "credential-shape",
    },
  ],
];

describe("doctor --fix in an entry of the user's own", () => {
  it.each(ownEntries)("mends %s, that key alone, and setup --undo gives it back", async (_title, entry) => {
    const { tool, file, code } = entry;
    const who = await user();
    const before = who.write(file, entry.before(who.hosted));
    const verdictOf = async () => JSON.parse((await who.run(["doctor", tool, "--json"])).out).verdict;
    const found = await verdictOf();
    expect([found.code, found.fix]).toEqual([code, expect.stringContaining(`zenthrex doctor ${tool} --fix`)]);
    const done = await who.run(["doctor", tool, "--fix", "--yes"]);
    expect(done.exitCode, done.out + done.err).toBe(0);
    expect(who.read(file)).toBe(entry.after(who.hosted));
    expect(done.out + done.err).not.toContain(key);
    expect((await verdictOf()).code).toBe("healthy");
    await who.run(["setup", tool, "--undo"]);
    expect(who.read(file)).toBe(before);
  });

  it("says that it writes the real key, and lets nobody else read the file", async () => {
    const who = await user();
    who.write(KILO, kilo(who.hosted, OTHERS_KEY));
    const done = await who.run(["doctor", "kilo-code", "--fix", "--yes"]);
    expect(done.err).toContain(`writes the real key into ${who.path(KILO)}`);
    expect(statSync(who.path(KILO)).mode & 0o077).toBe(0);
  });

  it("writes no real key into a project's files", async () => {
    const who = await user();
    who.write(KILO, kilo(who.hosted, key));
    const options = { apiKey: OTHERS_KEY };
    const before = who.write("project/kilo.json", { provider: { mine: { options } } });
    await who.run(["doctor", "kilo-code", "--fix", "--yes"]);
    expect(who.read("project/kilo.json")).not.toContain(key);
    expect(before).toContain(OTHERS_KEY);
  });
});

describe("doctor --fix where only words help", () => {
  const inShell = (tool: string, names: { base: string; key: string }) => [tool, names] as const;

  it.each([
    inShell("copilot-cli", { base: "COPILOT_PROVIDER_BASE_URL", key: "COPILOT_PROVIDER_API_KEY" }),
    inShell("anthropic-sdk", { base: "ANTHROPIC_BASE_URL", key: "ANTHROPIC_API_KEY" }),
    inShell("openai-sdk", { base: "OPENAI_BASE_URL", key: "OPENAI_API_KEY" }),
  ])("prints lines that %s's shell can run, none of them with a key", async (tool, names) => {
    const who = await user();
    // Claude Code's own address would make that of the shell void.
    rmSync(who.path(".claude"), { recursive: true });
    const fixOf = async (env: Record<string, string>) =>
      JSON.parse((await who.run(["doctor", tool, "--json"], { env })).out).verdict.fix;
    const base = tool === "anthropic-sdk" ? who.hosted : `${who.hosted}/v1`;
    const wrong = tool === "anthropic-sdk" ? `${who.hosted}/v1` : who.hosted;
    expect(await fixOf({ [names.base]: wrong, [names.key]: key })).toBe(`export ${names.base}=${base}`);
    const lines = `eval "$(zenthrex setup ${tool} --direct --print-env)"`;
    expect(await fixOf({ [names.base]: base, [names.key]: OTHERS_KEY })).toBe(lines);
    expect(await fixOf({ [names.base]: base, [names.key]: "zk_sandbox_revoked" })).toBe(lines);
  });

  it("never writes to the shell's start-up files: it prints the line", async () => {
    const who = await user();
    const env = { OPENAI_BASE_URL: who.hosted, OPENAI_API_KEY: key };
    const before = who.write(".bashrc", `export OPENAI_BASE_URL=${who.hosted}\n`);
    const done = await who.run(["doctor", "--fix", "--yes", "--only", "openai-sdk"], { env });
    expect(done.exitCode).toBe(1);
    expect(done.err).toContain(`OPENAI_BASE_URL=${who.hosted}/v1`);
    expect(who.read(".bashrc")).toBe(before);
  });

  it("says the export where no file sets it", async () => {
    const who = await user();
    const env = { OPENAI_BASE_URL: who.hosted, OPENAI_API_KEY: key };
    const done = await who.run(["doctor", "--fix", "--yes", "--only", "openai-sdk"], { env });
    expect(done.err).toContain(`run: export OPENAI_BASE_URL=${who.hosted}/v1`);
  });
});

describe("an administrator's file", () => {
  it("is told of in words: no edit of it is planned, while the same fault below it is one", async () => {
    const env = { ANTHROPIC_BASE_URL: "https://api.anthropic.com" };
    const own = { env: { ANTHROPIC_BASE_URL: daemon, ANTHROPIC_AUTH_TOKEN: token, ...pins } };
    const planned = async (name: string) => {
      const { problems } = await effectiveOn("claude-code", {
        files: { ".claude/settings.json": own, [name]: { env } },
      });
      return [problems[0]?.code, problems[0]?.fix.edit];
    };
    expect(await planned("managed/managed-settings.json")).toEqual(["managed-overrides", undefined]);
    expect(await planned(LOCAL)).toEqual([
      "project-overrides",
      { file: `~/${LOCAL}`, syntax: "json", keys: ["env", "ANTHROPIC_BASE_URL"] },
    ]);
  });
});
