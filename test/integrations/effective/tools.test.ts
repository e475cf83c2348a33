import { describe, expect, it } from "vitest";
import type { EffectiveToolName } from "../../../src/integrations/effective/registry.ts";
import { daemon, effectiveOn, hosted, key, type Machine, staleToken, token } from "./machine.ts";

const v1 = `${daemon}/v1`;
const hostedV1 = `${hosted}/v1`;
const dead = "http://127.0.0.1:18000/v1";
const proxy = { HTTP_PROXY: "http://proxy.corp:3128" };

/** The settings of each tool with one address and one credential, as its documentation writes them. */
const writers = {
  cline: (baseUrl, apiKey, model) => ({
    files: {
      ".cline/data/settings/providers.json": {
        version: 1,
        lastUsedProvider: "openai-compatible",
        modes: {},
        providers: {
          "openai-compatible": {
            settings: { provider: "openai-compatible", apiKey, model, baseUrl },
            updatedAt: "2026-11-22T11:57:37.590Z",
            tokenSource: "manual",
          },
        },
      },
    },
  }),
  "roo-code": (openAiBaseUrl, openAiApiKey, openAiModelId) => ({
    files: {
      ".config/zenthrex/roo-code-settings.json": {
        providerProfiles: {
          currentApiConfigName: "zenthrex",
          apiConfigs: { zenthrex: { apiProvider: "openai", openAiBaseUrl, openAiApiKey, openAiModelId } },
        },
        globalSettings: {},
      },
    },
  }),
  codex: (base, apiKey, model) => ({
    files: {
      ".codex/config.toml": [
        `model = "${model}"`,
        `model_provider = "zx"`,
        "# mine",
        "[model_providers.zx]",
        `name = "zx"`,
        `base_url = "${base}"`,
        `env_key = "ZX_KEY"`,
        `wire_api = "responses"`,
        "",
      ].join("\n"),
    },
    env: { ZX_KEY: apiKey },
  }),
  opencode: (baseURL, apiKey, model) =>
    openCode(".config/opencode/opencode.json", "@ai-sdk/anthropic", { baseURL, apiKey, model }),
  "kilo-code": (baseURL, apiKey, model) =>
    openCode(".config/kilo/kilo.jsonc", "@ai-sdk/openai-compatible", { baseURL, apiKey, model }),
  continue: (base, apiKey, model) => ({
    files: {
      ".continue/config.yaml": `name: mine\nmodels:\n  - name: Opus\n    provider: anthropic\n    model: ${model}\n    apiBase: "${base}"\n    apiKey: "${apiKey}"\n`,
    },
  }),
  zed: (api_url, apiKey, name) => ({
    files: {
      ".config/zed/settings.json": {
        language_models: { openai_compatible: { mine: { api_url, available_models: [{ name }] } } },
        agent: { default_model: { provider: "mine", model: name } },
      },
    },
    env: { MINE_API_KEY: apiKey },
  }),
  aider: (base, apiKey, model) => ({
    files: {
      ".aider.conf.yml": `# mine\nopenai-api-base: "${base}"\nopenai-api-key: "${apiKey}"\nmodel: openai/${model}\n`,
    },
  }),
  crush: (base_url, api_key, model) => ({
    files: {
      ".config/crush/crush.json": {
        providers: { mine: { type: "anthropic", base_url, api_key } },
        models: { large: { provider: "mine", model } },
      },
    },
  }),
  "qwen-code": (baseUrl, apiKey, name) => ({
    files: {
      ".qwen/settings.json": { security: { auth: { selectedType: "openai", baseUrl, apiKey } }, model: { name } },
    },
  }),
  "copilot-cli": (base, apiKey, model) => ({
    env: {
      COPILOT_PROVIDER_BASE_URL: base,
      COPILOT_PROVIDER_API_KEY: apiKey,
      COPILOT_PROVIDER_TYPE: "openai",
      COPILOT_MODEL: model,
    },
  }),
  "openai-sdk": (base, apiKey) => ({ env: { OPENAI_BASE_URL: base, OPENAI_API_KEY: apiKey } }),
} satisfies Partial<Record<EffectiveToolName, (base: string, credential: string, model: string) => Machine>>;

function openCode(file: string, npm: string, options: { baseURL: string; apiKey: string; model: string }): Machine {
  const { baseURL, apiKey, model } = options;
  const provider = { zx: { npm, options: { baseURL, apiKey }, models: { [model]: {} } } };
  return { files: { [file]: `// mine\n${JSON.stringify({ model: `zx/${model}`, provider }, undefined, 2)}` } };
}

type Writable = keyof typeof writers;
const names = Object.keys(writers) as Writable[];
const write = (tool: Writable, base: string, credential = token, model = "claude-opus-4-7"): Machine =>
  writers[tool](base, credential, model);

async function firstOf(tool: EffectiveToolName, machine: Machine) {
  const { problems } = await effectiveOn(tool, machine);
  expect(JSON.stringify(problems)).not.toMatch(/0123456789abcdef|api03-0123456789/);
  return problems.find(({ severity }) => severity !== "note");
}

describe.each(names)("%s", (tool) => {
  const speaksResponses = tool === "codex";

  it("has no problem when it points at the daemon with its token", async () => {
    const { problems, endpoints, isPresent } = await effectiveOn(tool, write(tool, v1));
    expect(problems).toEqual([]);
    expect(isPresent).toBe(true);
    expect(endpoints[0]).toMatchObject({ isOurs: true, destination: "daemon" });
    expect(endpoints[0]?.requests[0]?.url).toMatch(
      /^http:\/\/127\.0\.0\.1:19368\/v1\/(messages|chat\/completions|responses)$/,
    );
  });

  it.skipIf(speaksResponses)("has no problem when it points at the hosted API with its key", async () => {
    expect((await effectiveOn(tool, write(tool, hostedV1, key))).problems).toEqual([]);
  });

  it.skipIf(speaksResponses).each([
    ["a bare host", hosted, "base-missing-v1"],
    ["/v1 twice", `${hostedV1}/v1`, "base-doubled-v1"],
    ["the route as base", `${hostedV1}/chat/completions`, "base-endpoint-pasted"],
    ["the other route as base", `${hostedV1}/messages`, "base-endpoint-pasted"],
    ["a near miss", "https://api.zenthrexapi.xyz/v1", "base-near-host"],
    ["plain http", "http://api.zentherixapi.xyz/v1", "base-http-to-hosted"],
  ])("names %s, and the right base", async (_title, base, code) => {
    const problem = await firstOf(tool, write(tool, base, key));
    expect(problem).toMatchObject({ code, severity: "error", wrong: base, right: hostedV1 });
  });

  it.each([
    ["a bare host at the daemon", daemon, "base-missing-v1", "warning"],
    ["an old port", dead, "base-old-port", "error"],
    ["https to the daemon", "https://127.0.0.1:19368/v1", "base-https-on-local", "error"],
    ["localhost", "http://localhost:19368/v1", "base-localhost", "warning"],
  ])("names %s, with its place", async (_title, base, code, severity) => {
    const problem = await firstOf(tool, write(tool, base));
    expect(problem).toMatchObject({ code, severity, wrong: base, right: v1 });
    if (problem?.place?.layer !== "shell")
      expect(problem?.place).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
  });

  it("names a base without a scheme", async () => {
    const problem = await firstOf(tool, write(tool, "127.0.0.1:19368/v1"));
    // Cline checks the whole file, and takes one with such a base for empty.
    expect(problem?.code).toBe(tool === "cline" ? "settings-shape" : "base-no-scheme");
  });

  it.each([
    ["a stale token", staleToken, "credential-stale-token"],
    ["another vendor's key", "sk-ant-api03-0123456789", "credential-other-vendor"],
    ["a key with its middle left out", "zk_...", "credential-malformed"],
  ])("names %s", async (_title, credential, code) => {
    expect(await firstOf(tool, write(tool, v1, credential))).toMatchObject({ code, severity: "error" });
  });

  it.skipIf(speaksResponses || tool === "openai-sdk")("names a model that the hosted API doesn't list", async () => {
    const problem = await firstOf(tool, write(tool, hostedV1, key, "claude-opus-5-5"));
    expect(problem).toMatchObject({ code: "model-unknown", severity: "error", wrong: "claude-opus-5-5" });
  });

  it("says nothing of a tool that is set up for somebody else", async () => {
    const machine = write(tool, "https://openrouter.ai/api/v1", "sk-or-0123456789", "claude-9");
    expect((await effectiveOn(tool, machine)).problems).toEqual([]);
  });
});

describe("a company proxy", () => {
  it.each(["opencode", "kilo-code", "aider", "roo-code", "copilot-cli"] as const)(
    "keeps %s from the daemon",
    async (tool) => {
      const machine = write(tool, v1);
      const problem = await firstOf(tool, { ...machine, env: { ...machine.env, ...proxy } });
      expect(problem).toMatchObject({
        code: "proxy-catches-loopback",
        severity: "error",
        wrong: "HTTP_PROXY=http://proxy.corp:3128",
      });
      const covered = { ...machine, env: { ...machine.env, ...proxy, no_proxy: "corp.example, 127.0.0.1" } };
      expect((await effectiveOn(tool, covered)).problems).toEqual([]);
    },
  );

  const hidden = { ...proxy, NO_PROXY: "127.0.0.1,localhost,::1", no_proxy: "" };

  it.each(["aider", "roo-code", "copilot-cli"] as const)(
    "isn't kept off by a NO_PROXY that an empty no_proxy hides from %s",
    async (tool) => {
      const machine = write(tool, v1);
      expect(await firstOf(tool, { ...machine, env: { ...machine.env, ...hidden } })).toMatchObject({
        code: "proxy-catches-loopback",
        fix: { text: "unset no_proxy" },
      });
    },
  );

  it.each(["cline", "opencode", "kilo-code"] as const)(
    "is kept off by NO_PROXY whatever an empty no_proxy says to %s",
    async (tool) => {
      const machine = write(tool, v1);
      expect((await effectiveOn(tool, { ...machine, env: { ...machine.env, ...hidden } })).problems).toEqual([]);
    },
  );
});

describe("Codex", () => {
  const config = (lines: string, more = ""): NonNullable<Machine["files"]> => ({
    ".codex/config.toml": `model = "claude-opus-4-7"\nmodel_provider = "zx"\n[model_providers.zx]\nbase_url = "${v1}"\n${lines}\n${more}`,
  });

  it("names wire_api = chat, with its place", async () => {
    const problem = await firstOf("codex", {
      files: config(`env_key = "ZX_KEY"\nwire_api = "chat"`),
      env: { ZX_KEY: token },
    });
    expect(problem).toMatchObject({
      code: "wire-api-chat",
      wrong: "chat",
      right: "responses",
      place: { file: "~/.codex/config.toml", line: 6, column: 12 },
    });
  });

  it("names a key in the place of a variable's name", async () => {
    const problem = await firstOf("codex", { files: config(`env_key = "${key}"`) });
    expect(problem).toMatchObject({ code: "credential-in-env-key", wrong: "zk_...cdef", place: { line: 5 } });
  });

  it("[row 43] names a variable that is not exported", async () => {
    const problem = await firstOf("codex", { files: config(`env_key = "ZX_KEY"`) });
    expect(problem).toMatchObject({ code: "credential-env-missing", wrong: "ZX_KEY" });
  });

  it("says that the hosted API has no Responses", async () => {
    const problem = await firstOf("codex", write("codex", hostedV1, key));
    expect(problem).toMatchObject({ code: "route-not-hosted", right: v1, fix: { edit: { value: v1 } } });
  });

  it("gives the place where the file stops being TOML", async () => {
    const problem = await firstOf("codex", { files: { ".codex/config.toml": "a = 1\nb = = 2\n" } });
    expect(problem).toMatchObject({ code: "settings-invalid", place: { line: 2, column: 5 } });
  });

  it("reads the folder that CODEX_HOME names", async () => {
    const problem = await firstOf("codex", { files: { "project/cx/config.toml": "= 1" }, env: { CODEX_HOME: "cx" } });
    expect(problem?.place?.file).toBe("~/project/cx/config.toml");
  });
});

describe("Cline", () => {
  const entry = {
    settings: { provider: "openai-compatible", apiKey: token, baseUrl: v1 },
    updatedAt: "2026-11-22T11:57:37.590Z",
  };
  it.each([
    ["a trailing comma", `{"version":1,}`, "settings-invalid"],
    ["no version", { providers: { "openai-compatible": entry } }, "settings-shape"],
    [
      "a date that is none",
      { version: 1, providers: { "openai-compatible": { ...entry, updatedAt: "yesterday" } } },
      "settings-shape",
    ],
    ["no providers", { version: 1 }, "settings-shape"],
  ])("is logged out by %s", async (_title, content, code) => {
    const problem = await firstOf("cline", { files: { ".cline/data/settings/providers.json": content } });
    expect(problem).toMatchObject({ code, severity: "error", cause: expect.stringContaining("logged out") });
  });
});

describe("Cursor", () => {
  const record = (text: string): string =>
    `SQLite format 3\0\x10\0${"x".repeat(5000)}{"useOpenAIKey":true,${text},"x":1}\0\0`;
  it.each([
    ["its database", { ".config/Cursor/User/globalStorage/state.vscdb": record(`"openAIBaseUrl":"${v1}"`) }],
    [
      "a row of its database",
      { ".config/Cursor/User/globalStorage/state.vscdb": `\0\x1ecursorAuth/openAIBaseUrl${v1}\0` },
    ],
    ["its settings", { ".config/Cursor/User/settings.json": `{"cursor.openaiBaseUrl": "http://localhost:19368/v1"}` }],
  ])("can't reach localhost, as %s says", async (_title, files) => {
    expect(await firstOf("cursor", { files })).toMatchObject({
      code: "base-on-localhost",
      severity: "error",
      right: hostedV1,
    });
  });

  it("needs /v1 at the hosted API", async () => {
    const files = { ".config/Cursor/User/globalStorage/state.vscdb": record(`"openAIBaseUrl":"${hosted}"`) };
    expect(await firstOf("cursor", { files })).toMatchObject({ code: "base-missing-v1", right: hostedV1 });
    const good = { ".config/Cursor/User/globalStorage/state.vscdb": record(`"openAIBaseUrl":"${hostedV1}"`) };
    expect(await firstOf("cursor", { files: good })).toBeUndefined();
  });
});

describe("opencode", () => {
  const provider = (npm: string, baseURL: string, apiKey = token): object => ({
    zx: { npm, options: { baseURL, apiKey } },
  });

  it("knows the base of each AI SDK package", async () => {
    const asked = async (npm: string) =>
      (await effectiveOn("opencode", { files: { ".config/opencode/opencode.json": { provider: provider(npm, v1) } } }))
        .endpoints[0]?.requests[0]?.url;
    expect(await asked("@ai-sdk/anthropic")).toBe(`${v1}/messages`);
    expect(await asked("@ai-sdk/openai-compatible")).toBe(`${v1}/chat/completions`);
    expect(await asked("@ai-sdk/openai")).toBe(`${v1}/responses`);
  });

  it("names a variable that the key is taken from and that isn't set", async () => {
    const files = {
      ".config/opencode/opencode.jsonc": { provider: provider("@ai-sdk/anthropic", v1, "{env:ZX_KEY}") },
    };
    expect(await firstOf("opencode", { files })).toMatchObject({ code: "credential-env-missing", wrong: "ZX_KEY" });
    expect(await firstOf("opencode", { files, env: { ZX_KEY: token } })).toBeUndefined();
  });

  it("lets the project's file win, and names it", async () => {
    const files = {
      ".config/opencode/opencode.json": { provider: provider("@ai-sdk/anthropic", v1) },
      "project/opencode.json": { provider: provider("@ai-sdk/anthropic", "https://evil.example/v1") },
    };
    expect(await firstOf("opencode", { files })).toMatchObject({
      code: "project-redirects",
      place: { layer: "project", file: "~/project/opencode.json" },
      wrong: "https://evil.example/v1",
    });
  });
});

describe("aider", () => {
  it("needs the vendor before the model", async () => {
    const files = { ".aider.conf.yml": `openai-api-base: ${v1}\nopenai-api-key: ${token}\nmodel: claude-opus-4-7\n` };
    expect(await firstOf("aider", { files })).toMatchObject({
      code: "model-prefix-missing",
      right: "openai/claude-opus-4-7",
      place: { file: "~/.aider.conf.yml", line: 3, column: 8 },
    });
  });

  it("gets a model with the vendor that makes it ask here", async () => {
    const settings = `openai-api-base: ${hostedV1}\nopenai-api-key: ${key}\n`;
    for (const wrong of ["openai/claude-opus-5-5", "gateway/claude-opus-5-5"]) {
      const problem = await firstOf("aider", { files: { ".aider.conf.yml": `${settings}model: ${wrong}\n` } });
      expect(problem?.right).toMatch(/^openai\/claude-/);
    }
  });

  it("takes OPENAI_BASE_URL before all that its own settings say", async () => {
    const files = {
      ".aider.conf.yml": `openai-api-base: ${v1}\nopenai-api-key: ${token}\nmodel: openai/claude-opus-4-7\n`,
    };
    expect((await effectiveOn("aider", { files })).problems).toEqual([]);
    expect(await firstOf("aider", { files, env: { OPENAI_BASE_URL: daemon } })).toMatchObject({
      code: "base-missing-v1",
      place: { layer: "shell", name: "OPENAI_BASE_URL" },
    });
  });

  it("reads the repository's file from a folder below it", async () => {
    const files = {
      "project/.git/HEAD": "ref: refs/heads/main\n",
      "project/.aider.conf.yml": `openai-api-base: ${daemon}\nopenai-api-key: ${token}\nmodel: openai/claude-opus-4-7\n`,
    };
    expect(await firstOf("aider", { files, cwd: "project/src" })).toMatchObject({
      code: "base-missing-v1",
      place: { layer: "project", file: "~/project/.aider.conf.yml" },
    });
  });

  it("reads .env of the project", async () => {
    const files = { "project/.env": `OPENAI_API_BASE=${daemon}\nOPENAI_API_KEY=${token}\n` };
    expect(await firstOf("aider", { files, programs: ["aider"] })).toMatchObject({
      code: "base-missing-v1",
      place: { file: "~/project/.env", line: 1, column: 17 },
    });
  });
});

describe("VS Code's chat", () => {
  const file = (url: string): Machine => ({
    files: {
      ".config/Code/User/chatLanguageModels.json": [
        { name: "Zenthrex", vendor: "customendpoint", apiType: "messages", models: [{ id: "claude-opus-4-7", url }] },
      ],
    },
  });

  it.each([daemon, v1, `${v1}/messages`])("takes %s", async (url) => {
    const { problems, endpoints } = await effectiveOn("vscode", file(url));
    expect(problems).toEqual([]);
    expect(endpoints[0]?.requests[0]?.url).toBe(`${v1}/messages`);
  });

  it("names a wrong path", async () => {
    expect(await firstOf("vscode", file(`${hosted}/api`))).toMatchObject({
      code: "base-wrong-path",
      right: `${hostedV1}/messages`,
    });
  });
});

describe("Continue", () => {
  it("takes a secret from its own .env", async () => {
    const secret = "$" + "{{ secrets.ZX_KEY }}";
    const machine = write("continue", v1, secret);
    expect(await firstOf("continue", machine)).toMatchObject({ code: "credential-env-missing", wrong: "ZX_KEY" });
    const files = { ...machine.files, ".continue/.env": `ZX_KEY=${token}\n` };
    expect(await firstOf("continue", { files })).toBeUndefined();
  });

  it("gives the place where the file stops being YAML", async () => {
    const problem = await firstOf("continue", { files: { ".continue/config.yaml": "models:\n  - name: [a\n" } });
    expect(problem).toMatchObject({ code: "settings-invalid", place: { file: "~/.continue/config.yaml" } });
  });
});

describe("the Anthropic SDK", () => {
  it("is the bare host's", async () => {
    const env = { ANTHROPIC_BASE_URL: hostedV1, ANTHROPIC_API_KEY: key };
    expect(await firstOf("anthropic-sdk", { env })).toMatchObject({ code: "base-extra-v1", right: hosted });
  });

  it("[row 40] is told of a version that the hosted API doesn't document", async () => {
    const env = { ANTHROPIC_BASE_URL: hosted, ANTHROPIC_API_KEY: key };
    const files = { "project/node_modules/@anthropic-ai/sdk/package.json": { version: "1.12.0" } };
    expect(await firstOf("anthropic-sdk", { env, files })).toMatchObject({
      code: "sdk-version-header",
      severity: "warning",
    });
    const older = { "project/node_modules/@anthropic-ai/sdk/package.json": { version: "0.128.0" } };
    expect(await firstOf("anthropic-sdk", { env, files: older })).toBeUndefined();
  });
});
