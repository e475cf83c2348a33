import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { causes } from "../../src/doctor/causes.ts";
import { diagnose, key, type Prepare, setUp, type User, user } from "../support/doctor-user.ts";

// Each row of the table in docs/doctor.md is a situation that is built here, or in a neighbour whose title names the row.

const pins = { ANTHROPIC_MODEL: "claude-opus-4-7" };
const direct = ({ hosted }: User, more: Record<string, string> = {}): Record<string, string> => ({
  ANTHROPIC_BASE_URL: hosted,
  ANTHROPIC_AUTH_TOKEN: key,
  ...pins,
  ...more,
});
const pasted =
  (path: string): Prepare =>
  (who) =>
    direct(who, { ANTHROPIC_BASE_URL: `${who.hosted}${path}` });
const openAi =
  (path: string): Prepare =>
  ({ hosted }) => ({ OPENAI_BASE_URL: `${hosted}${path}`, OPENAI_API_KEY: key });
const change = (who: User, name: string, from: string, to: string): void => {
  const path = join(who.home, name);
  const text = readFileSync(path, "utf8");
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
};
const codex = (who: User, settings: string): void =>
  who.write(
    ".codex/config.toml",
    `model = "claude-opus-4-7"\nmodel_provider = "zx"\n[model_providers.zx]\nname = "zx"\nbase_url = "${who.daemon}/v1"\n${settings}\n`,
  );

interface Expected {
  readonly code: keyof typeof causes;
  readonly cause: RegExp;
  readonly fix: RegExp;
  readonly exit: number;
}
const SETUP_DIRECT = /^zenthrex setup claude-code --direct$/;
const SETUP = /^zenthrex setup claude-code$/;
const path = (what: RegExp): Expected => ({ code: "base-url-path", cause: what, fix: SETUP_DIRECT, exit: 1 });
const exported: Expected = {
  code: "base-url-path",
  cause: /OPENAI_BASE_URL in the shell/,
  fix: /^export OPENAI_BASE_URL=http:\/\/127\.0\.0\.1:\d+\/v1$/,
  exit: 1,
};

const rows: readonly (readonly [row: number, title: string, prepare: Prepare, expected: Expected])[] = [
  [1, "a base that ends in /v1", pasted("/v1"), path(/asks for \/v1\/v1\/messages/)],
  [2, "the URL of Messages as a base", pasted("/v1/messages"), path(/URL of a route/)],
  [3, "the URL of Chat Completions as a base", pasted("/v1/chat/completions"), path(/URL of a route/)],
  [
    4,
    "a right base, and a model that nobody chose",
    (who) => ({ ANTHROPIC_BASE_URL: who.hosted, ANTHROPIC_AUTH_TOKEN: key }),
    { code: "model-unknown", cause: /claude-opus-5-5 by default/, fix: SETUP_DIRECT, exit: 1 },
  ],
  [5, "an OpenAI client with the bare host", openAi(""), exported],
  [6, "an OpenAI client with /v1 twice", openAi("/v1/v1"), exported],
  [7, "an OpenAI client with the route as its base", openAi("/v1/chat/completions"), exported],
  [
    8,
    "opencode with the bare host",
    (who) =>
      who.write(".config/opencode/opencode.json", {
        model: "zx/claude-opus-4-7",
        provider: { zx: { npm: "@ai-sdk/anthropic", options: { baseURL: who.hosted, apiKey: key } } },
      }),
    {
      code: "base-url-path",
      cause: /must end in \/v1/,
      fix: /^Set provider\.zx\.options\.baseURL to http.*zenthrex setup opencode --direct/,
      exit: 1,
    },
  ],
  [
    9,
    "a base without a scheme",
    (who) => direct(who, { ANTHROPIC_BASE_URL: who.hosted.replace("http://", "") }),
    { code: "base-url-invalid", cause: /has no scheme/, fix: SETUP_DIRECT, exit: 1 },
  ],
  [
    9,
    "a base in quotes",
    (who) => direct(who, { ANTHROPIC_BASE_URL: `"${who.hosted}"` }),
    { code: "base-url-invalid", cause: /has quotes/, fix: SETUP_DIRECT, exit: 1 },
  ],
  [
    10,
    "https to the daemon",
    async (who) => {
      await setUp(["claude-code"])(who);
      change(who, ".claude/settings.json", who.daemon, who.daemon.replace("http:", "https:"));
    },
    { code: "base-url-scheme", cause: /asks for TLS/, fix: SETUP, exit: 1 },
  ],
  [
    12,
    "our key and no base URL",
    () => ({ ANTHROPIC_AUTH_TOKEN: key, ...pins }),
    { code: "base-url-missing", cause: /no base URL.*api\.anthropic\.com/, fix: SETUP_DIRECT, exit: 1 },
  ],
  [
    13,
    "another vendor's key for the hosted API",
    (who) => direct(who, { ANTHROPIC_AUTH_TOKEN: "sk-or-v1-0123456789" }),
    {
      code: "credential-vendor",
      cause: /ANTHROPIC_AUTH_TOKEN is an OpenRouter key.*it is set in the shell/,
      fix: SETUP_DIRECT,
      exit: 3,
    },
  ],
  [
    15,
    "a tool's key that was revoked",
    (who) => direct(who, { ANTHROPIC_AUTH_TOKEN: "zk_sandbox_revoked" }),
    { code: "credential-rejected", cause: /ANTHROPIC_AUTH_TOKEN/, fix: /setup claude-code/, exit: 3 },
  ],
  [
    16,
    "Anthropic's key in the shell beside ours in the settings",
    (who) => {
      who.write(".claude/settings.json", { env: direct(who) });
      return { ANTHROPIC_API_KEY: "sk-ant-api03-0123456789" };
    },
    {
      code: "credential-conflict",
      cause: /ANTHROPIC_API_KEY in the shell is an Anthropic key/,
      fix: SETUP_DIRECT,
      exit: 1,
    },
  ],
  [
    17,
    "a saved login beside the key",
    (who) => {
      who.write(".claude/.credentials.json", { claudeAiOauth: { accessToken: "x" } });
      return direct(who);
    },
    { code: "credential-conflict", cause: /logged in with an Anthropic account/, fix: /claude auth logout/, exit: 0 },
  ],
  [
    18,
    "a key that was declined once",
    (who) => {
      who.write(".claude.json", { customApiKeyResponses: { rejected: [key.slice(-20)] } });
      return { ANTHROPIC_BASE_URL: who.hosted, ANTHROPIC_API_KEY: key, ...pins };
    },
    { code: "credential-rejected", cause: /declined in Claude Code once/, fix: SETUP_DIRECT, exit: 3 },
  ],
  [
    19,
    "a comment in settings.json",
    async (who) => {
      await setUp(["claude-code"])(who);
      change(who, ".claude/settings.json", "{", "{ // mine\n");
    },
    {
      code: "settings-invalid",
      cause: /settings\.json:1:3/,
      fix: /Mend .*settings\.json:1:3: take out the comment/,
      exit: 1,
    },
  ],
  [
    20,
    "local settings that beat the user's",
    async (who) => {
      await setUp(["claude-code"])(who);
      who.write("project/.claude/settings.local.json", { env: { ANTHROPIC_BASE_URL: "https://api.anthropic.com" } });
    },
    {
      code: "setting-overridden",
      cause: /settings\.local\.json:3:27\) wins over your settings/,
      fix: /Remove ANTHROPIC_BASE_URL from .*zenthrex doctor claude-code --fix/,
      exit: 1,
    },
  ],
  [
    21,
    "an export that an editor from the dock doesn't see",
    (who) => {
      who.write(".vscode/extensions/anthropic.claude-code-2.1.0/package.json", {});
      return direct(who);
    },
    { code: "setting-overridden", cause: /an export of the shell/, fix: SETUP_DIRECT, exit: 0 },
  ],
  [
    22,
    "a switch to Vertex in the shell",
    (who) => direct(who, { CLAUDE_CODE_USE_VERTEX: "1" }),
    { code: "provider-switch", cause: /CLAUDE_CODE_USE_VERTEX in the shell/, fix: SETUP_DIRECT, exit: 1 },
  ],
  [
    23,
    "a first-party login that is demanded",
    (who) => {
      who.write(".claude/settings.json", { forceLoginMethod: "claudeai", env: direct(who) });
    },
    { code: "managed-settings", cause: /first-party login/, fix: /Remove forceLoginMethod/, exit: 0 },
  ],
  [
    24,
    "an invisible character in a tool's key",
    (who) => direct(who, { ANTHROPIC_AUTH_TOKEN: `${key}\u200b` }),
    { code: "credential-shape", cause: /no usable key/, fix: SETUP_DIRECT, exit: 3 },
  ],
  [
    26,
    "a company proxy that takes this machine's traffic too",
    async (who) => {
      await setUp(["cline"])(who);
      return { HTTP_PROXY: "http://127.0.0.1:9" };
    },
    { code: "no-proxy-missing", cause: /HTTP_PROXY in the shell.*Cline/, fix: /^export NO_PROXY=127/, exit: 5 },
  ],
  [
    27,
    "the same for opencode",
    async (who) => {
      await setUp(["opencode"])(who);
      return { HTTPS_PROXY: "http://127.0.0.1:9", HTTP_PROXY: "http://127.0.0.1:9" };
    },
    { code: "no-proxy-missing", cause: /PROXY in the shell.*opencode/, fix: /setup opencode|NO_PROXY/, exit: 5 },
  ],
  [
    42,
    "Codex with wire_api = chat",
    (who) => {
      codex(who, 'env_key = "ZX"\nwire_api = "chat"');
      return { ZX: who.token };
    },
    { code: "wire-api", cause: /config\.toml:7:12/, fix: /doctor codex --fix/, exit: 1 },
  ],
  [
    43,
    "Codex with the key in the place of a variable's name",
    (who) => codex(who, `env_key = "${key}"\nwire_api = "responses"`),
    {
      code: "credential-place",
      cause: /holds a key itself/,
      fix: /experimental_bearer_token.*doctor codex --fix/,
      exit: 3,
    },
  ],
  [
    44,
    "Cline's settings, broken",
    async (who) => {
      await setUp(["cline"])(who);
      change(who, ".cline/data/settings/providers.json", "{", "{,");
    },
    { code: "settings-invalid", cause: /providers\.json:1:2/, fix: /providers\.json/, exit: 1 },
  ],
  [
    45,
    "Cursor with an address of this machine",
    (who) =>
      who.write(
        ".config/Cursor/User/globalStorage/state.vscdb",
        `SQLite format 3\0 {"openAIBaseUrl":"${who.daemon}/v1"}\0`,
      ),
    { code: "base-url-unreachable", cause: /Cursor's own servers/, fix: /^zenthrex setup cursor$/, exit: 1 },
  ],
  [
    50,
    "settings for an old port",
    async (who) => {
      await setUp(["claude-code"])(who);
      change(who, ".claude/settings.json", who.daemon, "http://127.0.0.1:9");
    },
    { code: "base-url-port", cause: /is an old port/, fix: SETUP, exit: 1 },
  ],
  [
    51,
    "localhost for 127.0.0.1",
    async (who) => {
      await setUp(["claude-code"])(who);
      change(who, ".claude/settings.json", "127.0.0.1", "localhost");
    },
    { code: "base-url-host", cause: /localhost may mean \[::1\] first/, fix: SETUP, exit: 0 },
  ],
  [
    54,
    "a window of a million that the model doesn't have",
    (who) => direct(who, { ANTHROPIC_MODEL: "claude-opus-4-7[1m]" }),
    { code: "model-window", cause: /the suffix isn't sent/, fix: SETUP_DIRECT, exit: 0 },
  ],
];

// The first start compiles half of the program, and the daemon is waited for 10 s.
beforeAll(async () => {
  await Promise.all([
    import("../../src/cli/commands/serve.ts"),
    import("../../src/cli/serve/serve-until-signal.ts"),
    import("../../src/cli/commands/doctor.ts"),
    import("../../src/proxy/start-proxy.ts"),
    import("../../src/sandbox/start-sandbox.ts"),
  ]);
}, 120_000);

describe("a symptom's cause", () => {
  it.each(rows)("[row %i] %s: verdict, place and fix", async (_row, _title, prepare, expected) => {
    const who = await user();
    const env = (await prepare(who)) ?? {};
    const { verdict } = await diagnose(who, env);
    expect(verdict.cause).toMatch(expected.cause);
    expect(verdict).toMatchObject({ code: expected.code, exit_code: expected.exit });
    expect(verdict.fix).toMatch(expected.fix);
  });
});

/** The rows of docs/doctor.md: `code` is a verdict, or "-" where the situation isn't built. */
function documented(): { row: number; code: string }[] {
  const page = readFileSync(new URL("../../docs/doctor.md", import.meta.url), "utf8");
  return [...page.matchAll(/^\| (\d+) \| .* \| (?:`([a-z-]+)`|-) \|/gm)].map(([, row, code]) => ({
    row: Number(row),
    code: code ?? "-",
  }));
}

/** The rows that titles of tests name, here and in the neighbours. */
function tested(): Set<number> {
  const folders = ["./", "../integrations/effective/"].map((name) => new URL(name, import.meta.url));
  const texts = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(".test.ts") && name !== "symptoms.test.ts")
      .map((name) => readFileSync(new URL(name, folder), "utf8")),
  );
  const named = texts.flatMap((text) => [...text.matchAll(/\[row (\d+)\]/g)].map(([, row]) => Number(row)));
  return new Set([...named, ...rows.map(([row]) => row)]);
}

describe("the table in docs/doctor.md", () => {
  it("has every row once, and no verdict that the doctor doesn't know", () => {
    expect(documented().map(({ row }) => row)).toEqual(Array.from({ length: 56 }, (_, index) => index + 1));
    expect(documented().filter(({ code }) => code !== "-" && !Object.hasOwn(causes, code))).toEqual([]);
  });

  it("says of each row that it is tested, or that it can't be, and not both", () => {
    const built = documented().filter(({ code }) => code !== "-");
    expect(built.map(({ row }) => row)).toEqual([...tested()].sort((one, other) => one - other));
  });

  it("names the verdict that the test of the row expects", () => {
    for (const [row, , , { code }] of rows.filter(([number]) => number !== 10)) {
      const said = documented().find((other) => other.row === row)?.code;
      expect([row, said]).toEqual([row, code]);
    }
  });
});
