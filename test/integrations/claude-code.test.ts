import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import claudeCode, { claudeCodeSettingsPath, detectClaudeCode } from "../../src/integrations/claude-code.ts";
import { applyEdit } from "../../src/integrations/files/apply.ts";
import { editSettings } from "../../src/integrations/files/edit-settings.ts";
import { undoTool } from "../../src/integrations/files/undo.ts";
import type { IntegrationContext, Status, Target } from "../../src/integrations/types.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const token = "zxl_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
const target: Target = {
  kind: "local",
  origin: "http://127.0.0.1:19368",
  credential: token,
  model: "claude-opus-4-7",
  sonnetModel: "claude-opus-4-7",
  haikuModel: "claude-haiku-4-5",
  documentedKeysOnly: false,
  through: "file",
  self: "zenthrex",
  platform: "linux",
  nowMs: 0,
};

interface Machine {
  readonly settings?: string;
  readonly env?: Record<string, string>;
  readonly files?: Record<string, string>;
}

function machine({ settings, env = {}, files = {} }: Machine = {}): IntegrationContext {
  const home = temporaryHome();
  const all = { ...files, ...(settings === undefined ? {} : { ".claude/settings.json": settings }) };
  for (const [name, content] of Object.entries(all)) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), content, { mode: 0o600 });
  }
  return { env, home, cwd: join(home, "project"), platform: "linux" };
}

const detect = (context: IntegrationContext): Promise<Status> =>
  detectClaudeCode(context, join(context.home, "managed"));
const notesOf = async (given: Machine): Promise<string> => (await detect(machine(given))).notes.join("\n");

/** The env block that a plan would leave in the user's settings. */
async function plannedEnv(given: Machine, change: Partial<Target> = {}): Promise<Record<string, unknown>> {
  const status = await detect(machine(given));
  const [step] = claudeCode.plan(status, { ...target, ...change });
  if (step?.kind !== "edit-file") throw new Error("no edit");
  return JSON.parse(editSettings(step.file.text, step.set, { name: "", syntax: "json" })).env;
}

describe("the settings file of Claude Code", () => {
  const base = { env: {}, home: "/home/u", cwd: "/projects/a", platform: "linux" } as const;

  it.each([
    [base, "/home/u/.claude/settings.json"],
    [{ ...base, platform: "darwin", home: "/Users/u" }, "/Users/u/.claude/settings.json"],
    [{ ...base, env: { CLAUDE_CONFIG_DIR: "/etc/cc" } }, "/etc/cc/settings.json"],
    [{ ...base, env: { CLAUDE_CONFIG_DIR: "cc" } }, "/projects/a/cc/settings.json"],
    [{ ...base, env: { CLAUDE_CONFIG_DIR: "" } }, "/home/u/.claude/settings.json"],
    [
      { ...base, platform: "win32", home: "C:\\h", cwd: "C:\\w", env: { USERPROFILE: "D:\\Users\\u" } },
      "D:\\Users\\u\\.claude\\settings.json",
    ],
    [{ ...base, platform: "win32", home: "C:\\Users\\u", cwd: "C:\\w" }, "C:\\Users\\u\\.claude\\settings.json"],
  ] as const)("is where its documentation says (%#)", (context, path) => {
    expect(claudeCodeSettingsPath(context)).toBe(path);
  });

  it("needs a home directory", () => {
    expect(() => claudeCodeSettingsPath({ ...base, home: "" })).toThrow(
      expect.objectContaining({ code: "ZX_FILE_ACCESS", fix: expect.stringContaining("HOME") }),
    );
  });
});

describe("what would keep the settings from working", () => {
  it("is turned off in the settings, be it the shell's or the file's own", async () => {
    const env = await plannedEnv({
      env: {
        CLAUDE_CODE_USE_BEDROCK: "1",
        CLAUDE_CODE_SUBAGENT_MODEL: "claude-haiku-5-5",
        CLAUDE_CODE_USE_FOUNDRY: "0",
      },
      settings: '{"env":{"CLAUDE_CODE_USE_VERTEX":"true","ANTHROPIC_SMALL_FAST_MODEL":"claude-haiku-4-5"}}',
    });
    expect(env).toMatchObject({
      CLAUDE_CODE_USE_BEDROCK: "",
      CLAUDE_CODE_USE_VERTEX: "",
      CLAUDE_CODE_SUBAGENT_MODEL: "claude-haiku-4-5",
      ANTHROPIC_SMALL_FAST_MODEL: "claude-haiku-4-5",
    });
    expect(env).not.toHaveProperty("CLAUDE_CODE_USE_FOUNDRY");
  });

  it("is left alone where only the documented keys are wanted", async () => {
    const env = await plannedEnv({ env: { CLAUDE_CODE_USE_BEDROCK: "1" } }, { documentedKeysOnly: true });
    expect(env).not.toHaveProperty("CLAUDE_CODE_USE_BEDROCK");
  });
});

describe("what is found of Claude Code", () => {
  it.each([
    ["nothing", undefined],
    ["nothing", ""],
    ["nothing", '{"env": {"FOO": "1"}}'],
    ["nothing", "not json"],
    ["zenthrex-local", `{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:7", "ANTHROPIC_AUTH_TOKEN": "${token}"}}`],
    [
      "zenthrex-local",
      `\ufeff{"env": {"ANTHROPIC_BASE_URL": "http://localhost:7/", "ANTHROPIC_AUTH_TOKEN": "${token}"}}`,
    ],
    [
      "zenthrex-direct",
      '{"env": {"ANTHROPIC_BASE_URL": "https://api.zentherixapi.xyz", "ANTHROPIC_AUTH_TOKEN": "zk_live_12345678"}}',
    ],
    [
      "zenthrex-direct",
      '{"env": {"ANTHROPIC_BASE_URL": "https://mirror.example", "ANTHROPIC_AUTH_TOKEN": "zk_live_12345678"}}',
    ],
    ["other", '{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:3456", "ANTHROPIC_AUTH_TOKEN": "any"}}'],
    ["other", '{"env": {"ANTHROPIC_API_KEY": "sk-ant-1"}}'],
    ["other", '{"apiKeyHelper": "get-key"}'],
  ])("is set up for %s by %j", async (configuredFor, settings) => {
    expect((await detect(machine(settings === undefined ? {} : { settings }))).configuredFor).toBe(configuredFor);
  });

  it.each([[".local/bin/claude"], [".claude/local/claude"], ["bin/claude"]])("is installed as ~/%s", async (name) => {
    const context = machine({ files: { [name]: "#!/bin/sh\n" } });
    const onPath = { ...context, env: { PATH: `relative:/nowhere:${join(context.home, "bin")}` } };
    expect((await detect(onPath)).installed).toBe(false);
    chmodSync(join(context.home, name), 0o755);
    expect((await detect(onPath)).installed).toBe(true);
  });

  it("keeps the models of a configuration of ours", async () => {
    const context = machine();
    const [step] = claudeCode.plan(await detect(context), {
      ...target,
      model: "claude-opus-4-6",
      sonnetModel: "claude-haiku-4-5",
    });
    if (step?.kind !== "edit-file") throw new Error("no edit");
    await applyEdit("claude-code", step, { receiptsFolder: join(context.home, "receipts"), nowMs: 0 });
    expect((await detect(context)).models).toEqual({
      model: "claude-opus-4-6",
      sonnetModel: "claude-haiku-4-5",
      haikuModel: "claude-haiku-4-5",
    });
  });

  it("is quiet on a clean machine", async () => {
    expect(await notesOf({})).toBe("");
    expect(await notesOf({ settings: '{"model": "opus", "permissions": {}}' })).toBe("");
  });

  it.each([
    [
      "a project file that wins",
      { files: { "project/.claude/settings.json": '{"env": {"ANTHROPIC_BASE_URL": "http://evil"}}' } },
      /project\/\.claude\/settings\.json sets ANTHROPIC_BASE_URL: in this folder it wins/,
    ],
    [
      "a local file that wins",
      { files: { "project/.claude/settings.local.json": '{"apiKeyHelper": "x", "env": {"ANTHROPIC_MODEL": "y"}}' } },
      /settings\.local\.json sets ANTHROPIC_MODEL, apiKeyHelper/,
    ],
    [
      "a broken project file",
      { files: { "project/.claude/settings.json": "{,}" } },
      /settings\.json:1:2: not valid JSON: Claude Code ignores this file/,
    ],
    [
      "an administrator's file",
      { files: { "managed/managed-settings.json": '{"env": {"ANTHROPIC_AUTH_TOKEN": "secret-value-1"}}' } },
      /\(your administrator's\) sets ANTHROPIC_AUTH_TOKEN/,
    ],
    [
      "an administrator's drop-in",
      { files: { "managed/managed-settings.d/10.json": '{"forceLoginMethod": "claudeai"}' } },
      /10\.json requires a first-party login/,
    ],
    [
      "a broken user file",
      { settings: '{"a": 1,}' },
      /settings\.json:1:9: a trailing comma .*: Claude Code ignores this file/,
    ],
    [
      "another provider in the file",
      { settings: '{"env": {"CLAUDE_CODE_USE_BEDROCK": 1}}' },
      /sets CLAUDE_CODE_USE_BEDROCK: Claude Code then ignores the base URL/,
    ],
    [
      "another provider in the shell",
      { env: { CLAUDE_CODE_USE_VERTEX: "true" } },
      /the shell sets CLAUDE_CODE_USE_VERTEX/,
    ],
    ["a key helper", { settings: '{"apiKeyHelper": "get-key"}' }, /names an apiKeyHelper/],
    [
      "a key in the shell",
      { env: { ANTHROPIC_API_KEY: "sk-ant-secret", ANTHROPIC_BASE_URL: "http://x" } },
      /the shell sets ANTHROPIC_BASE_URL, ANTHROPIC_API_KEY: inside Claude Code the settings file wins/,
    ],
    [
      "a company proxy",
      { env: { HTTPS_PROXY: "http://user:pass@proxy:8080" } },
      /the shell sets HTTPS_PROXY and no NO_PROXY for 127\.0\.0\.1/,
    ],
    [
      "a subagent model that doesn't exist",
      { settings: '{"env": {"CLAUDE_CODE_SUBAGENT_MODEL": "claude-sonnet-5-5"}}' },
      /CLAUDE_CODE_SUBAGENT_MODEL to a model that the hosted API doesn't list/,
    ],
  ])("says of %s", async (_name, given, note) => {
    const notes = await notesOf(given);
    expect(notes).toMatch(note);
    expect(notes).not.toMatch(/sk-ant|secret-value|user:pass|evil/);
  });

  it.each([
    [
      "a switch that is off",
      { env: { CLAUDE_CODE_USE_BEDROCK: "0" }, settings: '{"env": {"CLAUDE_CODE_USE_VERTEX": ""}}' },
    ],
    [
      "a proxy with an exception for loopback",
      { env: { HTTP_PROXY: "http://p", NO_PROXY: "127.0.0.1,localhost,::1" } },
    ],
    ["a model that is inherited", { settings: '{"env": {"CLAUDE_CODE_SUBAGENT_MODEL": "inherit"}}' }],
    ["a project without our variables", { files: { "project/.claude/settings.json": '{"env": {"FOO": "1"}}' } }],
  ])("has nothing to say of %s", async (_name, given) => {
    expect(await notesOf(given)).toBe("");
  });

  it("doesn't take the user's own file for a project's", async () => {
    const context = machine({
      settings: `{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:7", "ANTHROPIC_AUTH_TOKEN": "${token}"}}`,
    });
    expect((await detect({ ...context, cwd: context.home })).notes).toEqual([]);
  });
});

describe("the plan for Claude Code", () => {
  const pins = {
    ANTHROPIC_MODEL: "claude-opus-4-7",
    ANTHROPIC_DEFAULT_OPUS_MODEL: "claude-opus-4-7",
    ANTHROPIC_DEFAULT_SONNET_MODEL: "claude-opus-4-7",
    ANTHROPIC_DEFAULT_HAIKU_MODEL: "claude-haiku-4-5",
    CLAUDE_CODE_DISABLE_1M_CONTEXT: "1",
  };

  it("points it at the daemon with the local token, an empty API key, pinned models and NO_PROXY", async () => {
    expect(await plannedEnv({})).toEqual({
      ANTHROPIC_BASE_URL: "http://127.0.0.1:19368",
      ANTHROPIC_AUTH_TOKEN: token,
      ANTHROPIC_API_KEY: "",
      ...pins,
      NO_PROXY: "127.0.0.1,localhost,::1",
    });
  });

  it("points it at the hosted API with the real key: Option B and what it lacks", async () => {
    const direct = { kind: "direct", origin: "https://api.zentherixapi.xyz", credential: "zk_live_12345678" } as const;
    expect(await plannedEnv({}, direct)).toEqual({
      ANTHROPIC_BASE_URL: "https://api.zentherixapi.xyz",
      ANTHROPIC_AUTH_TOKEN: "zk_live_12345678",
      ANTHROPIC_API_KEY: "",
      ...pins,
    });
    expect(await plannedEnv({}, { ...direct, documentedKeysOnly: true })).toEqual({
      ANTHROPIC_BASE_URL: "https://api.zentherixapi.xyz",
      ANTHROPIC_AUTH_TOKEN: "zk_live_12345678",
      ANTHROPIC_MODEL: "claude-opus-4-7",
    });
  });

  it("leaves the 1M switch out when the 1M model is chosen", async () => {
    const env = await plannedEnv({}, { model: "claude-opus-4-7-1m" });
    expect(env).toMatchObject({
      ANTHROPIC_MODEL: "claude-opus-4-7-1m",
      ANTHROPIC_DEFAULT_OPUS_MODEL: "claude-opus-4-7-1m",
    });
    expect(env).not.toHaveProperty("CLAUDE_CODE_DISABLE_1M_CONTEXT");
  });

  it("keeps Opus an Opus when the chosen model is none", async () => {
    expect(await plannedEnv({}, { model: "claude-haiku-4-5" })).toMatchObject({
      ANTHROPIC_MODEL: "claude-haiku-4-5",
      ANTHROPIC_DEFAULT_OPUS_MODEL: "claude-opus-4-7",
    });
  });

  it.each([
    [
      "of the file",
      { settings: '{"env": {"NO_PROXY": "a.example"}}' },
      { NO_PROXY: "a.example,127.0.0.1,localhost,::1" },
    ],
    [
      "of the shell, which the file's would hide",
      { env: { NO_PROXY: "corp" } },
      { NO_PROXY: "corp,127.0.0.1,localhost,::1" },
    ],
    [
      "of the file before the shell's",
      { settings: '{"env": {"NO_PROXY": "a"}}', env: { NO_PROXY: "b" } },
      { NO_PROXY: "a,127.0.0.1,localhost,::1" },
    ],
    [
      "in lower case",
      { env: { no_proxy: "corp" } },
      { NO_PROXY: "127.0.0.1,localhost,::1", no_proxy: "corp,127.0.0.1,localhost,::1" },
    ],
  ])("merges the NO_PROXY entries %s", async (_name, given, expected) => {
    expect(await plannedEnv(given)).toMatchObject(expected);
  });

  it("prints Option A for a shell, with a word on what would be sent along", async () => {
    const status = await detect(machine({ env: { ANTHROPIC_AUTH_TOKEN: "x", NO_PROXY: "corp" } }));
    const steps = claudeCode.plan(status, { ...target, through: "environment" });
    expect(steps[0]).toEqual({
      kind: "env",
      unset: ["ANTHROPIC_AUTH_TOKEN"],
      variables: {
        ANTHROPIC_BASE_URL: "http://127.0.0.1:19368",
        ANTHROPIC_API_KEY: token,
        ...pins,
        NO_PROXY: "corp,127.0.0.1,localhost,::1",
      },
    });
    expect(steps[1]).toMatchObject({ kind: "manual", lines: [expect.stringContaining("Unset ANTHROPIC_AUTH_TOKEN")] });
  });

  it("warns of a shell's key that the documented keys alone don't switch off", async () => {
    const status = await detect(machine({ env: { ANTHROPIC_API_KEY: "x" } }));
    const steps = claudeCode.plan(status, { ...target, documentedKeysOnly: true });
    expect(steps[1]).toMatchObject({ kind: "manual", lines: [expect.stringContaining("Unset ANTHROPIC_API_KEY")] });
    expect(claudeCode.plan(status, target)).toHaveLength(1);
  });

  it("asks that only the user can read the token, and that nobody else touches a real key", async () => {
    const status = await detect(machine());
    expect(claudeCode.plan(status, target)[0]).toMatchObject({ access: "private" });
    expect(claudeCode.plan(status, { ...target, kind: "direct" })[0]).toMatchObject({ access: "owner-only" });
  });

  it("is the same for the same input, and again after it was applied", async () => {
    const context = machine({ settings: '{"env": {"NO_PROXY": "a", "X": "1"}}', env: { no_proxy: "b" } });
    const environment = { receiptsFolder: join(context.home, "receipts"), nowMs: 0 };
    const run = async () => {
      const [step] = claudeCode.plan(await detect(context), target);
      if (step?.kind !== "edit-file") throw new Error("no edit");
      return (await applyEdit("claude-code", step, environment)).outcome;
    };
    expect([await run(), await run()]).toEqual(["changed", "unchanged"]);
  });
});

describe("settings of ours whose receipt is lost", () => {
  it("are recognised by the local token beside them, and undone; everything else stays", async () => {
    const context = machine({
      settings: '{\n  "env": {\n    "NO_PROXY": "corp",\n    "X": "1"\n  },\n  "model": "opus"\n}\n',
    });
    const path = claudeCodeSettingsPath(context);
    const before = readFileSync(path, "utf8");
    const lost = { receiptsFolder: join(context.home, "lost"), nowMs: 0 };
    const [step] = claudeCode.plan(await detect(context), target);
    if (step?.kind !== "edit-file") throw new Error("no edit");
    await applyEdit("claude-code", step, lost);

    const found = { receiptsFolder: join(context.home, "other"), nowMs: 0 };
    await undoTool("claude-code", (await detect(context)).files, found);
    expect(readFileSync(path, "utf8")).toBe(before);
    expect((await detect(context)).files[0]?.recognised).toEqual([]);
  });

  it("are not taken for the user's own when it is set up again", async () => {
    const context = machine();
    const path = claudeCodeSettingsPath(context);
    for (const [folder, port] of [
      ["lost", 1],
      ["kept", 2],
    ] as const) {
      const [step] = claudeCode.plan(await detect(context), { ...target, origin: `http://127.0.0.1:${port}` });
      if (step?.kind !== "edit-file") throw new Error("no edit");
      await applyEdit("claude-code", step, { receiptsFolder: join(context.home, folder), nowMs: 0 });
    }
    await undoTool("claude-code", (await detect(context)).files, {
      receiptsFolder: join(context.home, "kept"),
      nowMs: 0,
    });
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({});
  });

  it("with a real key may have been written by hand, and are left", async () => {
    const status = await detect(
      machine({
        settings:
          '{"env": {"ANTHROPIC_BASE_URL": "https://api.zentherixapi.xyz", "ANTHROPIC_AUTH_TOKEN": "zk_live_12345678"}}',
      }),
    );
    expect(status.files[0]?.recognised).toEqual([]);
  });
});
