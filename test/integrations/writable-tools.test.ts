import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { detectClaudeCode } from "../../src/integrations/claude-code.ts";
import { applyEdit, previewEdit } from "../../src/integrations/files/apply.ts";
import { unifiedDiff } from "../../src/integrations/files/diff.ts";
import { type UndoneFile, undoTool } from "../../src/integrations/files/undo.ts";
import { integrations } from "../../src/integrations/registry.ts";
import type { Integration, IntegrationContext, Status, Target } from "../../src/integrations/types.ts";
import { temporaryHome } from "../support/temporary-home.ts";
import { localToken, treeOf } from "./files/settings-home.ts";

const target: Target = {
  kind: "local",
  origin: "http://127.0.0.1:19368",
  credential: localToken,
  model: "claude-opus-4-7",
  sonnetModel: "claude-opus-4-7",
  haikuModel: "claude-haiku-4-5",
  documentedKeysOnly: false,
  through: "file",
  self: "zenthrex",
  platform: "linux",
  nowMs: Date.UTC(2026, 10, 22, 12, 0, 0),
};

/** One file of one tool. `other`: what another provider's settings look like; `foreignKey`: what somebody else adds after setup. */
interface WritableFile {
  readonly tool: keyof typeof integrations;
  readonly path: string;
  readonly syntax: "json" | "jsonc" | "yaml" | "toml";
  /** An editor's settings that can't be read are left out: the tool itself is set up all the same. */
  readonly isLeftOut?: true;
  /** The top level is a list. */
  readonly isList?: true;
  readonly existing: string;
  readonly other: string;
  readonly foreignKey: string;
  /** Folders or files that make the tool, or its editor, be there. */
  readonly needs?: readonly string[];
}

const clineOther = {
  version: 1,
  lastUsedProvider: "anthropic",
  modes: { act: { provider: "anthropic" } },
  providers: {
    anthropic: {
      settings: { provider: "anthropic", apiKey: "sk-ant-api03-aaaaaaaaaaaa" },
      updatedAt: "2026-01-01T00:00:00.000Z",
      tokenSource: "manual",
    },
    "openai-compatible": {
      settings: {
        provider: "openai-compatible",
        apiKey: "sk-or-v1-bbbbbbbbbbbb",
        model: "x/y",
        baseUrl: "https://openrouter.ai/api/v1",
        headers: { "X-Title": "mine" },
      },
      updatedAt: "2026-01-02T00:00:00.000Z",
      tokenSource: "manual",
    },
  },
};

const files: readonly WritableFile[] = [
  {
    tool: "claude-code",
    path: ".claude/settings.json",
    syntax: "json",
    existing: '{\n  "model": "opus",\n  "env": {\n    "FOO": "1"\n  }\n}\n',
    other: '{\n\t"env": {"ANTHROPIC_BASE_URL": "https://gateway.example", "ANTHROPIC_AUTH_TOKEN": "other-token"}\n}',
    foreignKey: "theme",
  },
  {
    tool: "claude-code",
    path: ".config/Code/User/settings.json",
    syntax: "jsonc",
    isLeftOut: true,
    existing: '{\r\n    "editor.fontSize": 14,\r\n    "files.exclude": {}\r\n}\r\n',
    other:
      '{\n    "claudeCode.environmentVariables": [\n        { "name": "ANTHROPIC_BASE_URL", "value": "https://gateway.example" },\n' +
      '        { "name": "FOO", "value": "1" }\n    ],\n    "editor.tabSize": 2,\n}\n',
    foreignKey: "workbench.colorTheme",
    needs: [".config/Code/User"],
  },
  {
    tool: "cline",
    path: ".cline/data/settings/providers.json",
    syntax: "json",
    existing: '{"version":1,"modes":{},"providers":{}}',
    other: JSON.stringify(clineOther, undefined, 2),
    foreignKey: "futureKey",
  },
  {
    tool: "roo-code",
    path: ".config/zenthrex/roo-code-settings.json",
    syntax: "json",
    existing: '{\n  "globalSettings": {"language": "de"}\n}\n',
    other:
      '{"providerProfiles": {"currentApiConfigName": "mine", "apiConfigs": {"mine": {"id": "1", "apiProvider": "ollama"}}}}\n',
    foreignKey: "futureKey",
  },
  {
    tool: "roo-code",
    path: ".config/Code/User/settings.json",
    syntax: "jsonc",
    isLeftOut: true,
    existing: '{ "editor.fontSize": 14 }',
    other: '{\n  "cline.other": true\n}\n',
    foreignKey: "workbench.colorTheme",
    needs: [".config/Code/User", ".vscode/extensions/rooveterinaryinc.roo-cline-3.52.1"],
  },
  {
    tool: "codex",
    path: ".codex/zenthrex.config.toml",
    syntax: "toml",
    existing:
      '# my profile\nmodel_reasoning_effort = "high" # much\n\n[tui]\nnotifications = true\n\n[[skills.config]]\npath = "x"\n',
    other:
      'model = "gpt-6"\nmodel_provider = "mine"\r\n\r\n[model_providers.mine]\r\nbase_url = "https://gateway.example/v1"\nexperimental_bearer_token = "other-token"',
    foreignKey: "future_key",
  },
  {
    tool: "opencode",
    path: ".config/opencode/opencode.json",
    syntax: "jsonc",
    existing: '{\n  "$schema": "https://opencode.ai/config.json",\n  "autoupdate": false\n}\n',
    other:
      '{\n\t"model": "mine/x",\n\t"provider": {"mine": {"npm": "@ai-sdk/openai", "options": {"apiKey": "other-token"}}}\n}',
    foreignKey: "share",
  },
  {
    tool: "kilo-code",
    path: ".config/kilo/kilo.jsonc",
    syntax: "jsonc",
    existing: '{\n  "autoupdate": false,\n}\n',
    other: '{ "small_model": "mine/y", "provider": { "mine": { "models": {} } } }',
    foreignKey: "share",
  },
  {
    tool: "continue",
    path: ".continue/config.yaml",
    syntax: "yaml",
    existing: "name: mine # so\nversion: 1.0.0\nschema: v1\n\nrules:\n  - be brief\n",
    other:
      "name: 'mine'\r\nversion: 0.0.1\r\nschema: v1\r\nmodels:\r\n- name: Local\r\n  provider: ollama\r\n  model: \"x:8b\"\r\n  apiKey: other-token\r\n  # last\r\ncontext: []",
    foreignKey: "docs",
  },
  {
    tool: "zed",
    path: ".config/zed/settings.json",
    syntax: "jsonc",
    existing: '// Zed settings\n{\n  "vim_mode": true,\n}\n',
    other:
      '{\n  "language_models": {\n    "anthropic_compatible": { "mine": { "api_url": "https://gateway.example", "available_models": [] } },\n  },\n}\n',
    foreignKey: "theme",
  },
  {
    tool: "vscode",
    path: ".config/Code/User/chatLanguageModels.json",
    syntax: "jsonc",
    isLeftOut: true,
    isList: true,
    existing: "[]\n",
    other: '[\n\t{\n\t\t"name": "Mine",\n\t\t"vendor": "ollama",\n\t\t"models": []\n\t}\n]',
    foreignKey: "theirs",
    needs: [".config/Code/User"],
  },
  {
    tool: "aider",
    path: ".aider.conf.yml",
    syntax: "yaml",
    existing: "##########\n# Aider\n\n## Use dark colours\ndark-mode: true\n\n#model: xxx\n",
    other:
      "model: openai/x   # mine\nopenai-api-base: https://gateway.example/v1\nopenai-api-key: 'other-token'\nread: [a.md, b.md]\n",
    foreignKey: "auto-commits",
  },
  {
    tool: "qwen-code",
    path: ".qwen/settings.json",
    syntax: "jsonc",
    existing: '{\n  "general": {\n    "vimMode": true\n  },\n  "$version": 4\n}',
    other:
      '{"modelProviders": {"openai": [{"id": "x", "name": "mine", "envKey": "MY_API_KEY", "baseUrl": "https://gateway.example/v1"}]}, "env": {"MY_API_KEY": "other-token"}, "security": {"auth": {"selectedType": "qwen-oauth"}}}\n',
    foreignKey: "theirs",
  },
  {
    tool: "crush",
    path: ".config/crush/crush.json",
    syntax: "json",
    existing: '{\n  "options": {\n    "debug": false\n  }\n}\n',
    other:
      '{"providers": {"mine": {"type": "openai", "base_url": "https://gateway.example/v1", "api_key": "other-token"}}}',
    foreignKey: "lsp",
  },
];

interface Machine {
  readonly context: IntegrationContext;
  readonly path: string;
  readonly receipts: { readonly receiptsFolder: string; readonly nowMs: number };
}

function machine(file: WritableFile, content?: string): Machine {
  const home = temporaryHome();
  for (const name of file.needs ?? []) mkdirSync(join(home, name), { recursive: true });
  const path = join(home, file.path);
  if (content !== undefined) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode: 0o644 });
  }
  return {
    context: { env: {}, home, cwd: join(home, "project"), platform: "linux" },
    path,
    receipts: { receiptsFolder: join(home, ".config/zenthrex/receipts"), nowMs: target.nowMs },
  };
}

async function load(file: WritableFile): Promise<Integration> {
  const { default: integration } = await integrations[file.tool]();
  if (file.tool !== "claude-code") return integration;
  // An administrator's settings on the machine of the tests are none of theirs.
  return { ...integration, detect: (context) => detectClaudeCode(context, join(context.home, "managed")) };
}

async function editsOf(file: WritableFile, { context }: Machine, change: Partial<Target> = {}) {
  const integration = await load(file);
  const status = await integration.detect(context);
  return integration.plan(status, { ...target, ...change }).filter((step) => step.kind === "edit-file");
}

async function setUp(file: WritableFile, at: Machine, change: Partial<Target> = {}): Promise<string> {
  let outcome = "";
  for (const step of await editsOf(file, at, change)) {
    const applied = await applyEdit(file.tool, step, at.receipts);
    if (applied.path === at.path) outcome = applied.outcome;
  }
  return outcome;
}

async function undo(file: WritableFile, at: Machine): Promise<UndoneFile | undefined> {
  const status: Status = await (await load(file)).detect(at.context);
  const undone = await undoTool(file.tool, status.files, at.receipts);
  return undone.find(({ path }) => path === at.path);
}

/** Somebody else adds a key in front and leaves everything else as it is. */
function withForeignKey({ foreignKey, syntax, isList }: WritableFile, text: string): string {
  if (syntax === "yaml") return `${foreignKey}: theirs\n${text}`;
  if (syntax === "toml") return `${foreignKey} = "theirs"\n${text}`;
  if (isList) return text.replace("[", `[{"name": "${foreignKey}"}, `).replace("}, ]", "}]");
  return text.replace("{", `{"${foreignKey}": "theirs", `);
}

function writeForeignKey(file: WritableFile, path: string): void {
  writeFileSync(path, withForeignKey(file, readFileSync(path, "utf8")));
}

/** Texts that can't be read, or hold something else in the place of ours. */
const invalid: Readonly<Record<WritableFile["syntax"], readonly string[]>> = {
  json: ['{"a": 1,, }', '{"a": 1,}', '{\n  // mine\n  "a": 1\n}', "[]"],
  jsonc: ['{"a": 1,, }', "7"],
  yaml: ["a: [1,\n", "a: b: c", "- x", "a: 1\na: 2\n", "a: 1\n---\nb: 2\n", "just text", "a: *nowhere\n", "\ta: 1"],
  toml: [
    "a = ",
    "[x",
    "a = 1\na = 2\n",
    "model_providers = 1",
    "model_providers = { zenthrex = { name = 'x' } }",
    "[[model_providers]]",
  ],
};

const named = files.map((file) => [`${file.tool} ${file.path}`, file] as const);

describe.each(named)("%s", (_name, file) => {
  const states: [name: string, content: string | undefined][] = [
    ["no file", undefined],
    ["empty", ""],
    ["existing", file.existing],
    ["other provider", file.other],
  ];
  if (file.syntax === "jsonc") {
    states.push(["comments", `// mine\n${file.existing.replace(/[{[]/, "$& /* here */")}\n// end\n`]);
  }
  if (file.syntax === "yaml" || file.syntax === "toml") {
    states.push(
      ["comments", `# mine\n\n${file.existing}\n# end\n`],
      ["only comments", "# mine\n# end"],
      ["a byte-order mark, CRLF and no end", `\ufeff${file.existing.trimEnd().replace(/\r?\n/g, "\r\n")}`],
    );
  } else states.push(["an empty object", file.isList ? "[]" : "{}"]);

  it.each(states)("%s: sets up, says the same twice, undoes to the byte", async (_state, content) => {
    const at = machine(file, content);
    const before = treeOf(at.context.home);
    expect(await setUp(file, at)).toBe(content === undefined ? "created" : "changed");
    const once = readFileSync(at.path);
    expect(await setUp(file, at, { nowMs: target.nowMs + 60_000 })).toBe("unchanged");
    expect(readFileSync(at.path).equals(once)).toBe(true);
    // Another port later is still undone to the first bytes.
    await setUp(file, at, { origin: "http://127.0.0.1:1999" });
    await undo(file, at);
    expect(treeOf(at.context.home)).toEqual(before);
  });

  it("follows a link and leaves it one", async () => {
    const at = machine(file, file.existing);
    const real = join(at.context.home, "dotfiles.json");
    renameSync(at.path, real);
    symlinkSync(real, at.path);
    expect(await setUp(file, at)).toBe("changed");
    expect(lstatSync(at.path).isSymbolicLink()).toBe(true);
    await undo(file, at);
    expect(readFileSync(real, "utf8")).toBe(file.existing);
    expect(lstatSync(at.path).isSymbolicLink()).toBe(true);
  });

  it("is recognised as ours where another run wrote it, and not touched", async () => {
    const at = machine(file, file.existing);
    await setUp(file, at);
    const text = readFileSync(at.path, "utf8");
    const fresh = machine(file, text);
    // Roo's settings name the import file by its whole path.
    if (text.includes(at.context.home)) return;
    expect(await setUp(file, fresh)).not.toBe("created");
    expect(readFileSync(fresh.path, "utf8")).toBe(text);
  });

  it.each(invalid[file.syntax].filter((text) => file.isList || text !== "7" || !file.isLeftOut))(
    "refuses %j, or leaves it out, and never changes it",
    async (content) => {
      // What isn't a table of providers is refused by the tool that has one.
      const isFine = file.tool === "aider" && !/nowhere|: b: c|1,|a: 1|text|- x|---/.test(content);
      const at = machine(file, content);
      const attempt = setUp(file, at);
      if (file.isLeftOut) expect(await attempt).toBe("");
      else if (!isFine)
        await expect(attempt).rejects.toThrow(
          expect.objectContaining({ code: "ZX_FILE_INVALID", message: expect.stringMatching(/:\d+:\d+: /) }),
        );
      expect(readFileSync(at.path, "utf8")).toBe(content);
    },
  );

  it("keeps what others wrote since, and gives back only its own keys", async () => {
    const at = machine(file, file.other);
    await setUp(file, at);
    writeForeignKey(file, at.path);
    const undone = await undo(file, at);
    expect(undone).toMatchObject({ outcome: "restored", isExact: false, left: [] });
    expect(readFileSync(at.path, "utf8")).toBe(withForeignKey(file, file.other));
  });

  it("is taken back where the receipt is lost, as far as it is ours beyond doubt", async () => {
    const at = machine(file, file.existing);
    await setUp(file, at);
    // Of Roo's import file nothing is certain without the receipt: it may be the user's own.
    if (file.tool === "roo-code") return;
    rmSync(at.receipts.receiptsFolder, { recursive: true });
    await undo(file, at);
    const left = readFileSync(at.path, "utf8");
    expect(left).not.toContain(localToken);
    expect(left).not.toContain("127.0.0.1");
  });

  it("keeps a file that it made, once something else is in it", async () => {
    const at = machine(file);
    await setUp(file, at);
    writeForeignKey(file, at.path);
    await undo(file, at);
    expect(readFileSync(at.path, "utf8")).toContain(file.foreignKey);
    expect(readFileSync(at.path, "utf8")).not.toContain("127.0.0.1");
    expect(readFileSync(at.path, "utf8")).not.toContain(localToken);
  });

  it("takes group's and others' rights while a credential is inside, shows none in a diff, and never names ZENTHREX_KEY", async () => {
    const at = machine(file, file.other);
    const changes = await Promise.all(
      (await editsOf(file, at)).map((step) => previewEdit(file.tool, step, at.receipts)),
    );
    const diff = changes.map(unifiedDiff).join("");
    for (const secret of [localToken, "other-token", "sk-or-v1-bbbbbbbbbbbb", "sk-ant-api03-aaaaaaaaaaaa"])
      expect(diff).not.toContain(secret);
    await setUp(file, at);
    const text = readFileSync(at.path, "utf8");
    expect(text).not.toContain("ZENTHREX_KEY");
    if (text.includes(localToken)) expect(statSync(at.path).mode & 0o044).toBe(0);
  });
});

describe("Cline's providers", () => {
  const file = files.find(({ tool }) => tool === "cline") as WritableFile;
  const read = (path: string) => JSON.parse(readFileSync(path, "utf8"));

  it("have the shape that Cline itself writes", async () => {
    const at = machine(file);
    await setUp(file, at);
    expect(read(at.path)).toEqual({
      version: 1,
      lastUsedProvider: "openai-compatible",
      modes: {},
      providers: {
        "openai-compatible": {
          settings: {
            provider: "openai-compatible",
            apiKey: localToken,
            model: "claude-opus-4-7",
            baseUrl: "http://127.0.0.1:19368/v1",
            headers: { "User-Agent": "cline" },
          },
          updatedAt: "2026-11-22T12:00:00.000Z",
          tokenSource: "manual",
        },
      },
    });
  });

  it.each([
    [{ "user-agent": "mine" }, { "user-agent": "mine" }],
    [{ "X-Title": "mine" }, { "X-Title": "mine", "User-Agent": "cline" }],
    ["nonsense", "nonsense"],
  ])("keep headers %j of an entry that was there", async (headers, expected) => {
    const before = structuredClone(clineOther) as { providers: { "openai-compatible": { settings: object } } };
    Object.assign(before.providers["openai-compatible"].settings, { headers });
    const at = machine(file, JSON.stringify(before));
    await setUp(file, at);
    expect(read(at.path).providers["openai-compatible"].settings.headers).toEqual(expected);
    await setUp(file, at);
    await undo(file, at);
    expect(read(at.path)).toEqual(before);
  });

  it("go back as a whole where Cline has chosen another model and dated the entry since", async () => {
    const at = machine(file, JSON.stringify(clineOther));
    await setUp(file, at);
    const values = read(at.path);
    values.providers["openai-compatible"].settings.model = "claude-haiku-4-5";
    values.providers["openai-compatible"].updatedAt = "2026-11-23T00:00:00.000Z";
    writeFileSync(at.path, JSON.stringify(values));
    await undo(file, at);
    expect(read(at.path)).toEqual(clineOther);
  });

  it("keep nothing of an entry that setup made: half of one would log the user out of every provider", async () => {
    const at = machine(
      file,
      '{"version":1,"lastUsedProvider":"anthropic","modes":{},"providers":{"anthropic":{"settings":{}}}}',
    );
    await setUp(file, at);
    const values = read(at.path);
    values.providers["openai-compatible"].settings.contextWindow = 1000;
    writeFileSync(at.path, JSON.stringify(values));
    await undo(file, at);
    expect(read(at.path)).toEqual({
      version: 1,
      lastUsedProvider: "anthropic",
      modes: {},
      providers: { anthropic: { settings: {} } },
    });
  });

  it("stay whole where the user has pointed the entry elsewhere since", async () => {
    const at = machine(file);
    await setUp(file, at);
    const values = read(at.path);
    values.providers["openai-compatible"].settings.baseUrl = "https://elsewhere.example/v1";
    writeFileSync(at.path, JSON.stringify(values));
    await undo(file, at);
    expect(read(at.path)).toEqual(values);
  });

  it("keep the version of a file that holds another provider by now", async () => {
    const at = machine(file);
    await setUp(file, at);
    const values = read(at.path);
    values.providers.anthropic = { settings: { provider: "anthropic", apiKey: "k" } };
    values.lastUsedProvider = "anthropic";
    writeFileSync(at.path, JSON.stringify(values));
    await undo(file, at);
    const { "openai-compatible": _ours, ...providers } = values.providers;
    expect(read(at.path)).toEqual({ ...values, providers });
  });

  it.each([
    [{ CLINE_PROVIDER_SETTINGS_PATH: "/x/p.json", CLINE_DIR: "/y" }, "/x/p.json"],
    [{ CLINE_DATA_DIR: "/d", CLINE_DIR: "/y" }, "/d/settings/providers.json"],
    [{ CLINE_DIR: "/y" }, "/y/data/settings/providers.json"],
    [{}, "/home/u/.cline/data/settings/providers.json"],
  ])("are where %j says", async (env, path) => {
    const { clineProvidersPath } = await import("../../src/integrations/cline.ts");
    expect(clineProvidersPath({ env, home: "/home/u", cwd: "/w", platform: "linux" })).toBe(path);
  });
});

describe("VS Code's list of variables", () => {
  const file = files[1] as WritableFile;

  it("is merged by element, in the form that is there", async () => {
    const at = machine(file, file.other);
    await setUp(file, at);
    expect(readFileSync(at.path, "utf8")).toBe(
      '{\n    "claudeCode.environmentVariables": [\n        { "name": "ANTHROPIC_BASE_URL", "value": "http://127.0.0.1:19368" },\n' +
        '        { "name": "FOO", "value": "1" },\n' +
        `        { "name": "ANTHROPIC_AUTH_TOKEN", "value": "${localToken}" }\n    ],\n    "editor.tabSize": 2,\n}\n`,
    );
  });

  it("loses only our elements where somebody added one", async () => {
    const at = machine(file, "{}");
    await setUp(file, at);
    const text = readFileSync(at.path, "utf8");
    writeFileSync(at.path, text.replace("[", '[\n    { "name": "THEIRS", "value": "1" },'));
    await undo(file, at);
    expect(JSON.parse(readFileSync(at.path, "utf8"))).toEqual({
      "claudeCode.environmentVariables": [{ name: "THEIRS", value: "1" }],
    });
  });

  it("never gets the real key: Settings Sync would upload it", async () => {
    const at = machine(file, "{}");
    await setUp(file, at, {
      kind: "direct",
      origin: "https://api.zentherixapi.xyz",
      credential: "zk_live_canary_1234",
    });
    expect(readFileSync(at.path, "utf8")).toBe("{}");
  });

  it("is left alone where there is no VS Code", async () => {
    const at = machine({ ...file, needs: [] });
    expect(await setUp(file, at)).toBe("");
  });
});
