import { describe, expect, it } from "vitest";
import { daemon, effectiveOn, hosted, key, type Machine, staleToken, token } from "./machine.ts";

const models = { ANTHROPIC_MODEL: "claude-opus-4-7" };
const pins = {
  ...models,
  ANTHROPIC_DEFAULT_OPUS_MODEL: "claude-opus-4-7",
  ANTHROPIC_DEFAULT_SONNET_MODEL: "claude-opus-4-7",
  ANTHROPIC_DEFAULT_HAIKU_MODEL: "claude-haiku-4-5",
};
const local = { ANTHROPIC_BASE_URL: daemon, ANTHROPIC_AUTH_TOKEN: token, ANTHROPIC_API_KEY: "", ...pins };
const direct = { ANTHROPIC_BASE_URL: hosted, ANTHROPIC_AUTH_TOKEN: key, ANTHROPIC_API_KEY: "", ...pins };

const user = (env: object, more: object = {}): NonNullable<Machine["files"]> => ({
  ".claude/settings.json": { env, ...more },
});
const project = (env: object, more: object = {}): NonNullable<Machine["files"]> => ({
  "project/.claude/settings.json": { env, ...more },
});

interface Expected {
  readonly code: string;
  readonly severity?: string;
  readonly layer?: string;
  readonly name?: string;
  readonly at?: string;
  readonly wrong?: string;
  readonly right?: string;
  readonly command?: readonly string[];
  readonly says?: string;
}

const cases: readonly (readonly [title: string, machine: Machine, expected: Expected])[] = [
  // Wrong base URLs, by layer.
  ...(["/v1", "/v1/"] as const).map(
    (suffix) =>
      [
        `a hosted base that ends in ${suffix}`,
        { files: user({ ...direct, ANTHROPIC_BASE_URL: `${hosted}${suffix}` }) },
        {
          code: "base-extra-v1",
          severity: "error",
          layer: "user",
          name: "ANTHROPIC_BASE_URL",
          at: "~/.claude/settings.json:3:27",
          wrong: `${hosted}${suffix}`,
          right: hosted,
          command: ["setup", "claude-code", "--direct"],
        },
      ] as const,
  ),
  [
    "the URL of the route as base",
    { files: user({ ...direct, ANTHROPIC_BASE_URL: `${hosted}/v1/messages` }) },
    { code: "base-endpoint-pasted", severity: "error", wrong: `${hosted}/v1/messages`, right: hosted },
  ],
  [
    "the other format's route as base",
    { env: { ...direct, ANTHROPIC_BASE_URL: `${hosted}/v1/chat/completions` } },
    { code: "base-endpoint-pasted", severity: "error", layer: "shell", right: hosted },
  ],
  [
    "/v1 twice",
    { env: { ...direct, ANTHROPIC_BASE_URL: `${hosted}/v1/v1` } },
    { code: "base-doubled-v1", severity: "error", layer: "shell", right: hosted },
  ],
  [
    "a path that leads nowhere",
    { env: { ...direct, ANTHROPIC_BASE_URL: `${hosted}/anthropic` } },
    { code: "base-wrong-path", severity: "error", right: hosted },
  ],
  [
    "a query in the base",
    { env: { ...direct, ANTHROPIC_BASE_URL: `${hosted}/?x=1` } },
    { code: "base-tail", severity: "error", right: hosted, wrong: `${hosted}/?x=...` },
  ],
  [
    "a base at the daemon that it repairs",
    { files: user({ ...local, ANTHROPIC_BASE_URL: `${daemon}/v1` }) },
    { code: "base-extra-v1", severity: "warning", right: daemon, command: ["setup", "claude-code"] },
  ],
  [
    "no scheme at the hosted API",
    { env: { ...direct, ANTHROPIC_BASE_URL: "api.zentherixapi.xyz" } },
    { code: "base-no-scheme", severity: "error", layer: "shell", right: hosted },
  ],
  [
    "no scheme at the daemon",
    { files: user({ ...local, ANTHROPIC_BASE_URL: "127.0.0.1:19368" }) },
    { code: "base-no-scheme", severity: "error", right: daemon },
  ],
  [
    "quotes in the value",
    { env: { ...direct, ANTHROPIC_BASE_URL: `"${hosted}"` } },
    { code: "base-quoted", severity: "error", right: hosted },
  ],
  [
    "curly quotes in the value",
    { files: user({ ...direct, ANTHROPIC_BASE_URL: `\u201c${hosted}\u201d` }) },
    { code: "base-quoted", severity: "error", right: hosted },
  ],
  [
    "a space in the URL",
    { env: { ...direct, ANTHROPIC_BASE_URL: "https://api. zentherixapi.xyz" } },
    { code: "base-not-a-url", severity: "error", right: hosted },
  ],
  [
    "a zero-width character in the URL",
    { env: { ...direct, ANTHROPIC_BASE_URL: "https://api\u200b.zentherixapi.xyz" } },
    { code: "base-not-a-url", severity: "error", right: hosted },
  ],
  [
    "https to the local port",
    { files: user({ ...local, ANTHROPIC_BASE_URL: "https://127.0.0.1:19368" }) },
    { code: "base-https-on-local", severity: "error", right: daemon },
  ],
  [
    "http to the hosted API",
    { files: user({ ...direct, ANTHROPIC_BASE_URL: "http://api.zentherixapi.xyz" }) },
    { code: "base-http-to-hosted", severity: "error", right: hosted },
  ],
  [
    "localhost instead of 127.0.0.1",
    { files: user({ ...local, ANTHROPIC_BASE_URL: "http://localhost:19368" }) },
    { code: "base-localhost", severity: "warning", right: daemon },
  ],
  ...[
    "https://api.zenthrexapi.xyz",
    "https://api.zentherixapi.com",
    "https://zentherixapi.xyz",
    "https://api.zenterixapi.xyz",
  ].map(
    (base) =>
      [
        `the near miss ${base}`,
        { env: { ...direct, ANTHROPIC_BASE_URL: base } },
        { code: "base-near-host", severity: "error", wrong: base, right: hosted },
      ] as const,
  ),
  [
    "a hosted key at Anthropic",
    { env: { ...direct, ANTHROPIC_BASE_URL: "https://api.anthropic.com" } },
    { code: "base-other-vendor", severity: "error", right: hosted },
  ],
  [
    "a hosted key and no base",
    { env: { ANTHROPIC_API_KEY: key, ...pins } },
    { code: "base-unset", severity: "error", layer: "shell", name: "ANTHROPIC_BASE_URL", right: hosted },
  ],
  [
    "a local token and no base",
    { files: user({ ANTHROPIC_AUTH_TOKEN: token, ...pins }) },
    { code: "base-unset", severity: "error", right: daemon },
  ],
  [
    "the real key at a stranger's host",
    { env: { ...direct, ANTHROPIC_BASE_URL: "https://gateway.example" } },
    { code: "base-elsewhere", severity: "error", right: hosted },
  ],
  // Ports.
  [
    "an old port while the daemon runs on another",
    { files: user({ ...local, ANTHROPIC_BASE_URL: "http://127.0.0.1:18000" }) },
    { code: "base-old-port", severity: "error", wrong: "http://127.0.0.1:18000", right: daemon },
  ],
  [
    "a leftover of our own while no daemon runs",
    { files: user({ ...local, ANTHROPIC_BASE_URL: "http://127.0.0.1:18000" }), ports: { 19368: "nothing" } },
    { code: "base-dead-port", severity: "error", right: daemon },
  ],
  [
    "a leftover of another proxy",
    { env: { ANTHROPIC_BASE_URL: "http://127.0.0.1:8045", ANTHROPIC_AUTH_TOKEN: "whatever" } },
    { code: "base-dead-port", severity: "warning", layer: "shell", wrong: "http://127.0.0.1:8045" },
  ],
  [
    "a stranger on the port that the token is sent to",
    { files: user({ ...local, ANTHROPIC_BASE_URL: "http://127.0.0.1:18000" }), ports: { 18000: "stranger" } },
    { code: "base-foreign-port", severity: "error", right: daemon },
  ],
  [
    "a stranger on the daemon's own port",
    { files: user(local), ports: { 19368: "stranger" } },
    { code: "daemon-port-taken", severity: "error", wrong: daemon },
  ],
  [
    "the daemon isn't running",
    { files: user(local), ports: { 19368: "nothing" } },
    { code: "daemon-down", severity: "error", command: ["serve", "--background"] },
  ],
  // Files that can't be read.
  [
    "a trailing comma",
    { files: { ".claude/settings.json": `{\n  "env": {\n    "ANTHROPIC_BASE_URL": "${daemon}",\n  }\n}\n` } },
    {
      code: "settings-invalid",
      severity: "error",
      layer: "user",
      at: "~/.claude/settings.json:4:3",
      says: "Mend ~/.claude/settings.json:4:3: take out the comma before it; then run the doctor again",
    },
  ],
  [
    "a comment",
    { files: { ".claude/settings.json": `{\n  // mine\n  "env": {}\n}\n` } },
    {
      code: "settings-invalid",
      severity: "error",
      at: "~/.claude/settings.json:2:3",
      says: "Mend ~/.claude/settings.json:2:3: take out the comment that begins there; then run the doctor again",
    },
  ],
  [
    "an invalid project file over sound settings",
    { files: { ...user(local), "project/.claude/settings.local.json": "{" } },
    {
      code: "settings-invalid",
      severity: "error",
      layer: "project-local",
      says: "Mend ~/project/.claude/settings.local.json:1:2; then run the doctor again",
    },
  ],
  // Layers.
  [
    "a project that overrides the base",
    { files: { ...user(local), ...project({ ANTHROPIC_BASE_URL: "https://evil.example" }) } },
    { code: "project-redirects", severity: "error", layer: "project", wrong: "https://evil.example" },
  ],
  [
    "a project's apiKeyHelper",
    { files: { ...user(local), ...project({}, { apiKeyHelper: "./key.sh" }) } },
    { code: "project-redirects", severity: "warning", layer: "project", name: "apiKeyHelper" },
  ],
  [
    "local project settings that override the user's",
    {
      files: {
        ...user(local),
        "project/.claude/settings.local.json": { env: { ANTHROPIC_BASE_URL: "https://api.anthropic.com" } },
      },
    },
    { code: "project-overrides", severity: "error", layer: "project-local", right: daemon },
  ],
  [
    "settings that beat the shell's right address",
    {
      env: { ANTHROPIC_BASE_URL: hosted, ANTHROPIC_AUTH_TOKEN: key, ...pins },
      files: user({ ANTHROPIC_BASE_URL: "https://api.anthropic.com" }),
    },
    {
      code: "settings-beat-shell",
      severity: "error",
      layer: "user",
      wrong: "https://api.anthropic.com",
      right: hosted,
    },
  ],
  [
    "an administrator's address",
    {
      files: { ...user(local), "managed/managed-settings.json": { env: { ANTHROPIC_BASE_URL: "https://gw.example" } } },
    },
    { code: "managed-overrides", severity: "error", layer: "managed", right: daemon },
  ],
  [
    "a forced login",
    { files: { ...user(local), "managed/managed-settings.json": { forceLoginMethod: "claudeai" } } },
    {
      code: "forced-login",
      severity: "error",
      layer: "managed",
      says: "Ask your administrator to remove forceLoginMethod from ~/managed/managed-settings.json:2:23",
    },
  ],
  [
    "a forced login in the user's own settings, which variables don't mind",
    { files: user(local, { forceLoginMethod: "claudeai" }) },
    { code: "forced-login", severity: "warning", layer: "user" },
  ],
  [
    "a forced login in a drop-in",
    { files: { ...user(local), "managed/managed-settings.d/10-x.json": { forceLoginOrgUUID: "x" } } },
    { code: "forced-login", severity: "error", layer: "managed" },
  ],
  ...["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"].flatMap((name) => [
    [
      `${name} in the shell`,
      { files: user(local), env: { [name]: "1" } },
      { code: "provider-switch", severity: "error", layer: "shell", name, command: ["setup", "claude-code"] },
    ] as const,
    [
      `${name} in the settings`,
      { files: user({ ...local, [name]: "true" }) },
      { code: "provider-switch", severity: "error", layer: "user", name },
    ] as const,
  ]),
  // Credentials.
  [
    "a stale token",
    { files: user({ ...local, ANTHROPIC_AUTH_TOKEN: staleToken }) },
    { code: "credential-stale-token", severity: "error", name: "ANTHROPIC_AUTH_TOKEN", wrong: "zxl_...3210" },
  ],
  [
    "the local token at the hosted API",
    { files: user({ ...direct, ANTHROPIC_AUTH_TOKEN: token }) },
    { code: "credential-local-token-to-hosted", severity: "error" },
  ],
  [
    "another vendor's key at the hosted API",
    { env: { ANTHROPIC_BASE_URL: hosted, ANTHROPIC_API_KEY: "sk-ant-api03-0123456789", ...pins } },
    { code: "credential-other-vendor", severity: "error", name: "ANTHROPIC_API_KEY" },
  ],
  [
    "a zero-width character in the key",
    { env: { ANTHROPIC_BASE_URL: hosted, ANTHROPIC_API_KEY: `${key}\u200b`, ...pins } },
    { code: "credential-malformed", severity: "error" },
  ],
  [
    "quotes around the key",
    { files: user({ ...direct, ANTHROPIC_AUTH_TOKEN: `'${key}'` }) },
    { code: "credential-malformed", severity: "error" },
  ],
  [
    "the placeholder of the documentation",
    { files: user({ ...direct, ANTHROPIC_AUTH_TOKEN: "zk_..." }) },
    { code: "credential-malformed", severity: "error" },
  ],
  [
    "no credential",
    { env: { ANTHROPIC_BASE_URL: hosted, ...pins } },
    { code: "credential-missing", severity: "error" },
  ],
  [
    "a shell's Anthropic key beside the settings' token, to the hosted API",
    { env: { ANTHROPIC_API_KEY: "sk-ant-api03-0123456789" }, files: user({ ...direct, ANTHROPIC_API_KEY: undefined }) },
    { code: "credential-leak", severity: "error", layer: "shell", name: "ANTHROPIC_API_KEY" },
  ],
  [
    "the same to the daemon",
    { env: { ANTHROPIC_API_KEY: "sk-ant-api03-0123456789" }, files: user({ ...local, ANTHROPIC_API_KEY: undefined }) },
    { code: "credential-leak", severity: "warning", layer: "shell", command: ["setup", "claude-code"] },
  ],
  [
    "two keys of our own",
    { env: { ...direct, ANTHROPIC_API_KEY: "zk_live_another_0123456" } },
    { code: "credential-twice", severity: "warning" },
  ],
  [
    "a key that was declined once",
    {
      env: { ANTHROPIC_BASE_URL: hosted, ANTHROPIC_API_KEY: key, ...pins },
      files: { ".claude.json": { customApiKeyResponses: { approved: [], rejected: [key.slice(-20)] } } },
    },
    {
      code: "credential-rejected",
      severity: "error",
      at: "~/.claude.json:4:17",
      command: ["setup", "claude-code", "--direct"],
    },
  ],
  [
    "a hard space before the key, which Claude Code cuts off",
    { files: user({ ...direct, ANTHROPIC_AUTH_TOKEN: `\u00a0${key}` }) },
    { code: "credential-malformed", severity: "warning", layer: "user" },
  ],
  [
    "a space of no width behind the key, which it doesn't",
    { files: user({ ...direct, ANTHROPIC_AUTH_TOKEN: `${key}\u200b` }) },
    { code: "credential-malformed", severity: "error", layer: "user" },
  ],
  [
    "a saved login",
    { files: { ...user(local), ".claude/.credentials.json": { claudeAiOauth: { accessToken: "sk-ant-oat01-x" } } } },
    { code: "saved-login", severity: "warning" },
  ],
  // Models.
  [
    "no model at the hosted API",
    { env: { ANTHROPIC_BASE_URL: hosted, ANTHROPIC_API_KEY: key } },
    { code: "model-unpinned", severity: "error", wrong: "claude-opus-5-5", right: "claude-opus-4-7" },
  ],
  [
    "a model that the hosted API doesn't list",
    { env: { ...direct, ANTHROPIC_MODEL: "claude-opus-5-5" } },
    { code: "model-unknown", severity: "error", layer: "shell", wrong: "claude-opus-5-5", right: "claude-opus-4-7" },
  ],
  [
    "the alias sonnet, which nobody pinned",
    { env: { ANTHROPIC_BASE_URL: hosted, ANTHROPIC_API_KEY: key, ANTHROPIC_MODEL: "sonnet" } },
    { code: "model-unpinned", severity: "error", wrong: "claude-sonnet-5-5" },
  ],
  [
    "a subagent's model that isn't listed",
    { files: user({ ...direct, CLAUDE_CODE_SUBAGENT_MODEL: "claude-haiku-5-5" }) },
    { code: "model-unknown", severity: "warning", name: "CLAUDE_CODE_SUBAGENT_MODEL" },
  ],
  [
    "a name that the daemon can't resolve",
    { files: user({ ...local, ANTHROPIC_MODEL: "llama-3" }) },
    { code: "model-unknown", severity: "error", wrong: "llama-3" },
  ],
  [
    "the suffix [1m]",
    { files: user({ ...local, ANTHROPIC_MODEL: "claude-opus-4-7[1m]" }) },
    { code: "model-suffix-1m", severity: "warning", right: "claude-opus-4-7-1m" },
  ],
  // The way.
  [
    "a company proxy without NO_PROXY",
    { files: user(local), env: { HTTPS_PROXY: "http://user:secret@proxy.corp:3128" } },
    { code: "proxy-catches-loopback", severity: "error", layer: "shell", command: ["setup", "claude-code"] },
  ],
  [
    "a NO_PROXY that names something else",
    { files: user(local), env: { HTTP_PROXY: "http://proxy.corp:3128", NO_PROXY: "corp.example" } },
    { code: "proxy-catches-loopback", severity: "error" },
  ],
  [
    "a no_proxy without the daemon's address",
    { files: user(local), env: { http_proxy: "http://proxy.corp:3128", no_proxy: "localhost" } },
    { code: "proxy-catches-loopback", severity: "error" },
  ],
  [
    "an export that an editor can't see",
    { env: local, files: { ".vscode/extensions/anthropic.claude-code-2.1.330/package.json": "{}" } },
    { code: "gui-misses-shell", severity: "warning", layer: "shell" },
  ],
  [
    "the extension's own variables with a wrong base",
    {
      files: {
        ".config/Code/User/settings.json": `{\n  // mine\n  "claudeCode.environmentVariables": [\n    { "name": "ANTHROPIC_BASE_URL", "value": "${hosted}/v1" },\n    { "name": "ANTHROPIC_AUTH_TOKEN", "value": "${key}" }\n  ]\n}\n`,
      },
    },
    {
      code: "base-extra-v1",
      severity: "error",
      layer: "vs-code",
      at: "~/.config/Code/User/settings.json:4:46",
      right: hosted,
      command: ["setup", "claude-code"],
    },
  ],
];

describe("what is wrong with Claude Code's settings", () => {
  it.each(cases)("%s", async (_title, machine, expected) => {
    const { problems } = await effectiveOn("claude-code", machine);
    const [first] = problems;
    const { place } = first ?? {};
    const found = {
      code: first?.code,
      severity: first?.severity,
      layer: place?.layer,
      name: place?.name,
      at: `${place?.file}:${place?.line}:${place?.column}`,
      wrong: first?.wrong,
      right: first?.right,
      command: first?.fix.command,
      says: first?.fix.text,
    };
    expect(found, JSON.stringify(problems, undefined, 1)).toMatchObject(expected);
    expect(JSON.stringify(problems)).not.toMatch(/0123456789abcdef|secret@|api03-0123456789/);
  });
});

describe("what Claude Code does", () => {
  it("names the value that wins, with its place, and what it beats", async () => {
    const found = await effectiveOn("claude-code", {
      env: { ANTHROPIC_BASE_URL: "https://api.anthropic.com" },
      files: user(local),
    });
    expect(found.problems.filter(({ severity }) => severity !== "note")).toEqual([]);
    expect(found.endpoints[0]).toMatchObject({
      destination: "daemon",
      isOurs: true,
      base: {
        shown: daemon,
        place: { layer: "user", file: "~/.claude/settings.json", line: 3 },
        overridden: [{ layer: "shell", name: "ANTHROPIC_BASE_URL" }],
      },
      credentials: [{ kind: "local-token", header: "authorization", masked: "zxl_...DEFG" }],
      requests: [{ url: `${daemon}/v1/messages?beta=true`, headers: ["authorization"] }, {}],
    });
  });

  it("finds the line of a start-up file that exports a wrong base", async () => {
    const base = `${hosted}/v1`;
    const { problems } = await effectiveOn("claude-code", {
      env: { ...direct, ANTHROPIC_BASE_URL: base },
      files: { ".zshrc": `# mine\nexport ANTHROPIC_BASE_URL="${base}"\n` },
    });
    expect(problems[0]).toMatchObject({
      code: "base-extra-v1",
      place: { layer: "shell", file: "~/.zshrc", line: 2, column: 28 },
    });
  });

  it("asks for what a wrong base makes of the path", async () => {
    const { endpoints } = await effectiveOn("claude-code", { env: { ...direct, ANTHROPIC_BASE_URL: `${hosted}/v1` } });
    expect(endpoints[0]?.requests[0]?.url).toBe(`${hosted}/v1/v1/messages?beta=true`);
  });

  it("takes a sandbox that stands in for the hosted API for the hosted API", async () => {
    const sandbox = "http://127.0.0.1:40123";
    const { problems } = await effectiveOn("claude-code", {
      env: { ...direct, ANTHROPIC_BASE_URL: `${sandbox}/v1` },
      upstreamOrigin: sandbox,
    });
    expect(problems[0]).toMatchObject({ code: "base-extra-v1", severity: "error", right: sandbox });
  });

  it("goes by NO_PROXY where no_proxy is empty", async () => {
    const env = { HTTP_PROXY: "http://proxy.corp:3128", NO_PROXY: "127.0.0.1", no_proxy: "" };
    const { problems } = await effectiveOn("claude-code", { files: user(local), env });
    expect(problems.filter(({ code }) => code === "proxy-catches-loopback")).toEqual([]);
  });

  it("says nothing of a machine that isn't meant for zenthrex", async () => {
    const anthropic = { ANTHROPIC_API_KEY: "sk-ant-api03-0123456789" };
    for (const machine of [{}, { env: anthropic }, { files: user(anthropic) }]) {
      expect((await effectiveOn("claude-code", machine)).problems).toEqual([]);
    }
  });
});
