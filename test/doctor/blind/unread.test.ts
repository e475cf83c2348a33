import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { key, type Machine, openStreet, type Prepare, type Street } from "./machine.ts";

const CLAUDE = ".claude/settings.json";
const OPENCODE = ".config/opencode/opencode.json";
const CODEX = ".codex/config.toml";
const OPUS = "claude-opus-4-7";
const pins = {
  ANTHROPIC_MODEL: OPUS,
  ANTHROPIC_DEFAULT_OPUS_MODEL: OPUS,
  ANTHROPIC_DEFAULT_SONNET_MODEL: OPUS,
  ANTHROPIC_DEFAULT_HAIKU_MODEL: "claude-haiku-4-5",
};

interface Expected {
  readonly code: string;
  readonly cause: RegExp;
  readonly fix: RegExp;
}

/** opencode with a provider of the user's own at the hosted API. */
const opencode = ({ hosted }: Machine, more: object = {}, provider: object = {}): object => ({
  model: `mine/${OPUS}`,
  provider: {
    mine: {
      npm: "@ai-sdk/openai-compatible",
      options: { baseURL: `${hosted}/v1`, apiKey: key },
      models: { [OPUS]: {} },
      ...provider,
    },
  },
  ...more,
});

/** Codex with a provider of the user's own at the daemon. */
const codex = ({ daemon }: Machine, chosen = "mine", id = "mine", credential = 'env_key = "MY_TOKEN"'): string =>
  `model = "${OPUS}"\nmodel_provider = "${chosen}"\n\n[model_providers.${id}]\nname = "mine"\nbase_url = "${daemon}/v1"\n${credential}\n`;

const broken: readonly (readonly [title: string, prepare: Prepare, expected: Expected])[] = [
  [
    "Claude Code's variables at the top of its settings",
    ({ write, hosted }) => void write(CLAUDE, { ANTHROPIC_BASE_URL: hosted, ANTHROPIC_AUTH_TOKEN: key, ...pins }),
    { code: "setting-ignored", cause: /ANTHROPIC_BASE_URL.*settings\.json:2.*env\.ANTHROPIC_BASE_URL/, fix: /setup/ },
  ],
  [
    "the same in a block that is called Env",
    ({ write, hosted }) => void write(CLAUDE, { Env: { ANTHROPIC_BASE_URL: hosted, ANTHROPIC_AUTH_TOKEN: key } }),
    { code: "setting-ignored", cause: /Env\.ANTHROPIC_BASE_URL/, fix: /setup claude-code --direct/ },
  ],
  [
    "variables in an object inside the env block",
    ({ write, hosted }) => void write(CLAUDE, { env: { ANTHROPIC: { BASE_URL: hosted, AUTH_TOKEN: key } } }),
    { code: "setting-ignored", cause: /env\.ANTHROPIC.*is no text/, fix: /setup claude-code/ },
  ],
  [
    "a no_proxy that wins over the right NO_PROXY of the settings",
    ({ write, daemon, token }) => {
      const env = { ANTHROPIC_BASE_URL: daemon, ANTHROPIC_AUTH_TOKEN: token, NO_PROXY: "127.0.0.1", ...pins };
      write(CLAUDE, { env });
      return { env: { HTTP_PROXY: "http://127.0.0.1:9", no_proxy: "corp.example" } };
    },
    {
      code: "no-proxy-missing",
      cause: /no_proxy doesn't name 127\.0\.0\.1, and wins over NO_PROXY, which does/,
      fix: /setup claude-code/,
    },
  ],
  [
    "the name [::1] for what listens on 127.0.0.1 alone",
    ({ write, hosted }) =>
      void write(CLAUDE, {
        env: { ANTHROPIC_BASE_URL: hosted.replace("127.0.0.1", "[::1]"), ANTHROPIC_AUTH_TOKEN: key, ...pins },
      }),
    {
      code: "base-url-host",
      cause: /\[::1\]:\d+, where nothing listens.*right value is http:\/\/127\.0\.0\.1/,
      fix: /setup claude-code --direct/,
    },
  ],
  [
    "an env block that is a text",
    ({ write, hosted }) => void write(CLAUDE, { env: `ANTHROPIC_BASE_URL=${hosted}` }),
    { code: "settings-invalid", cause: /env.*must be an object/, fix: /Write \{\} in the place/ },
  ],
  [
    "a helper for the key that is gone",
    ({ write, hosted }) =>
      void write(CLAUDE, { apiKeyHelper: "~/bin/get-key --quiet", env: { ANTHROPIC_BASE_URL: hosted, ...pins } }),
    { code: "credential-missing", cause: /apiKeyHelper.*isn't there/, fix: /setup claude-code/ },
  ],
  [
    "a fragment in the base, which swallows the path",
    ({ write, hosted }) =>
      void write(CLAUDE, { env: { ANTHROPIC_BASE_URL: `${hosted}/#`, ANTHROPIC_AUTH_TOKEN: key, ...pins } }),
    { code: "base-url-path", cause: /swallows.*asks for \/;/, fix: /setup claude-code/ },
  ],
  [
    "opencode: the base beside the options",
    (machine) =>
      void machine.write(
        OPENCODE,
        opencode(machine, {}, { options: { apiKey: key }, baseURL: `${machine.hosted}/v1` }),
      ),
    {
      code: "setting-ignored",
      cause: /provider\.mine\.baseURL.*provider\.mine\.options\.baseURL/,
      fix: /under provider\.mine\.options\.baseURL/,
    },
  ],
  [
    "opencode: the base under another tool's name for it",
    (machine) =>
      void machine.write(
        OPENCODE,
        opencode(machine, {}, { options: { apiKey: key, base_url: `${machine.hosted}/v1` } }),
      ),
    {
      code: "setting-ignored",
      cause: /options\.base_url.*options\.baseURL/,
      fix: /under provider\.mine\.options\.baseURL/,
    },
  ],
  [
    "opencode: providers instead of provider",
    (machine) => {
      const { provider, ...rest } = opencode(machine) as { provider: object };
      machine.write(OPENCODE, { ...rest, providers: provider });
    },
    { code: "setting-ignored", cause: /providers in your settings/, fix: /setup opencode/ },
  ],
  [
    "opencode: a model without its provider",
    (machine) => void machine.write(OPENCODE, opencode(machine, { model: OPUS })),
    { code: "provider-unknown", cause: /without a provider before it/, fix: /mine\/claude-opus-4-7/ },
  ],
  [
    "opencode: a provider's name with a typing mistake",
    (machine) => void machine.write(OPENCODE, opencode(machine, { model: `mime/${OPUS}` })),
    { code: "provider-unknown", cause: /no provider has the name mime/, fix: /mine\/claude-opus-4-7/ },
  ],
  [
    "opencode: a model that its own provider doesn't list",
    (machine) => void machine.write(OPENCODE, opencode(machine, { model: "mine/claude-haiku-4-5" })),
    { code: "model-unknown", cause: /provider\.mine\.models doesn't list/, fix: /mine\/claude-opus-4-7/ },
  ],
  [
    "opencode: a provider that is switched off",
    (machine) => void machine.write(OPENCODE, opencode(machine, { disabled_providers: ["openai", "mine"] })),
    { code: "provider-unknown", cause: /disabled_providers.*holds mine/, fix: /Take "mine" out/ },
  ],
  [
    "opencode: others alone are switched on",
    (machine) => void machine.write(OPENCODE, opencode(machine, { enabled_providers: ["anthropic"] })),
    { code: "provider-unknown", cause: /enabled_providers.*leaves out mine/, fix: /Add "mine"/ },
  ],
  [
    "opencode: a file for the key that is gone",
    (machine) =>
      void machine.write(
        OPENCODE,
        opencode(machine, {}, { options: { baseURL: `${machine.hosted}/v1`, apiKey: "{file:~/.secrets/key}" } }),
      ),
    { code: "credential-missing", cause: /\.secrets\/key, which isn't there/, fix: /Write the key into/ },
  ],
  [
    "opencode: a variable carries another model",
    (machine) => {
      machine.write(OPENCODE, opencode(machine));
      return { env: { OPENCODE_CONFIG_CONTENT: '{ "model": "mine/claude-sonnet-4-6", }' } };
    },
    { code: "model-unknown", cause: /claude-sonnet-4-6/, fix: /\$OPENCODE_CONFIG_CONTENT/ },
  ],
  [
    "Codex: a provider that isn't there",
    (machine) => {
      machine.write(CODEX, codex(machine, "mime"));
      return { env: { MY_TOKEN: machine.token } };
    },
    { code: "provider-unknown", cause: /there is no \[model_providers\.mime\]/, fix: /to mine in/ },
  ],
  [
    "Codex: the choice of the provider below a table's header",
    (machine) => {
      const text = codex(machine);
      const choice = 'model_provider = "mine"\n';
      machine.write(CODEX, `${text.replace(choice, "")}${choice}`);
      return { env: { MY_TOKEN: machine.token } };
    },
    {
      code: "setting-ignored",
      cause: /model_providers\.mine\.model_provider/,
      fix: /above the first line with a \[table\]/,
    },
  ],
  [
    "Codex: a reserved name",
    (machine) => {
      machine.write(CODEX, codex(machine, "openai", "openai"));
      return { env: { MY_TOKEN: machine.token } };
    },
    { code: "provider-unknown", cause: /built-in and reserved/, fix: /Rename the table/ },
  ],
  [
    "Codex: a profile as it was chosen in old versions",
    (machine) => {
      machine.write(CODEX, `profile = "work"\n${codex(machine)}\n[profiles.work]\nmodel = "${OPUS}"\n`);
      return { env: { MY_TOKEN: machine.token } };
    },
    { code: "settings-invalid", cause: /profile.*no such key any more/, fix: /work\.config\.toml/ },
  ],
  [
    "Codex: a provider in the project's settings",
    (machine) => {
      machine.write(CODEX, `model = "${OPUS}"\n`);
      machine.write("project/.codex/config.toml", codex(machine));
      return { env: { MY_TOKEN: machine.token } };
    },
    { code: "setting-ignored", cause: /project\/\.codex\/config\.toml.*passed over/, fix: /setup codex/ },
  ],
  [
    "Continue: the base under another tool's name for it",
    ({ write, hosted }) =>
      void write(
        ".continue/config.yaml",
        `models:\n  - name: Opus\n    provider: openai\n    model: ${OPUS}\n    api_base: ${hosted}/v1\n    apiKey: ${key}\n`,
      ),
    {
      code: "setting-ignored",
      cause: /models\.0\.api_base.*config\.yaml:5.*models\.0\.apiBase/,
      fix: /under models\.0\.apiBase/,
    },
  ],
  [
    "Continue: the old file, where there is no new one",
    ({ write, hosted }) =>
      void write(".continue/config.json", {
        models: [{ title: "Opus", provider: "openai", model: OPUS, apiBase: `${hosted}/v1/v1`, apiKey: key }],
      }),
    { code: "base-url-path", cause: /config\.json.*has \/v1 twice/, fix: /config\.json:7/ },
  ],
  [
    "a reference that the tool doesn't fill in",
    (machine) =>
      void machine.write(
        OPENCODE,
        opencode(machine, {}, { options: { baseURL: `${machine.hosted}/v1`, apiKey: "$ZENTHREX_KEY" } }),
      ),
    { code: "credential-shape", cause: /reference to a variable.*\$ZENTHREX_KEY/, fix: /./ },
  ],
  [
    "Aider: the base under another tool's name for it",
    ({ write, hosted }) =>
      void write(".aider.conf.yml", `model: openai/${OPUS}\nopenai_api_base: ${hosted}/v1\nopenai-api-key: ${key}\n`),
    { code: "setting-ignored", cause: /openai_api_base.*openai-api-base/, fix: /under openai-api-base/ },
  ],
  [
    "Cline: the base beside the settings of its provider",
    ({ write, hosted }) =>
      void write(".cline/data/settings/providers.json", {
        version: 1,
        lastUsedProvider: "openai-compatible",
        providers: {
          "openai-compatible": {
            settings: { provider: "openai-compatible", apiKey: key, model: OPUS },
            baseUrl: `${hosted}/v1`,
            updatedAt: "2026-11-20T10:00:00.000Z",
          },
        },
      }),
    {
      code: "setting-ignored",
      cause: /openai-compatible\.baseUrl.*settings\.baseUrl/,
      fix: /under providers\.openai-compatible\.settings\.baseUrl/,
    },
  ],
  [
    "Zed: a key in its settings",
    ({ write, hosted }) => {
      const mine = { api_url: `${hosted}/v1`, api_key: key, available_models: [{ name: OPUS, max_tokens: 200_000 }] };
      write(".config/zed/settings.json", { language_models: { openai_compatible: { mine } } });
    },
    { code: "setting-ignored", cause: /mine\.api_key.*MINE_API_KEY/, fix: /MINE_API_KEY/ },
  ],
  [
    "Zed: a chosen provider that isn't there",
    ({ write, hosted }) => {
      const mine = { api_url: `${hosted}/v1`, available_models: [{ name: OPUS, max_tokens: 200_000 }] };
      write(".config/zed/settings.json", {
        agent: { default_model: { provider: "mime", model: OPUS } },
        language_models: { openai_compatible: { mine } },
      });
      return { env: { MINE_API_KEY: key } };
    },
    { code: "provider-unknown", cause: /default_model\.provider.*"mime"/, fix: /to mine in/ },
  ],
  [
    "Copilot CLI: no model",
    ({ hosted }) => ({
      env: {
        COPILOT_PROVIDER_BASE_URL: hosted,
        COPILOT_PROVIDER_TYPE: "anthropic",
        COPILOT_PROVIDER_API_KEY: key,
      },
    }),
    { code: "model-unknown", cause: /COPILOT_MODEL is not set/, fix: /export COPILOT_MODEL=claude-opus-4-7/ },
  ],
  [
    "Crush: a script with the bare host",
    ({ write, hosted }) => {
      const command = `provider add mine --type anthropic \\\n  --base-url "$MY_BASE" --api-key '${key}' # key`;
      write(".config/crush/crushrc", `# mine\n${command}\nmodel large mine/${OPUS}\n`);
      return { env: { MY_BASE: hosted } };
    },
    {
      code: "base-url-path",
      cause: /providers\.mine\.base_url in your settings' script \(.*crushrc:2\).*end in \/v1/,
      fix: /crushrc:2/,
    },
  ],
  [
    "a user in the base of an SDK",
    ({ hosted }) => ({
      env: { OPENAI_BASE_URL: `${hosted.replace("://", "://me:secret@")}/v1`, OPENAI_API_KEY: key },
    }),
    {
      code: "base-url-invalid",
      cause: /has a user or password in it \(http:\/\/\.\.\.@/,
      fix: /export OPENAI_BASE_URL=/,
    },
  ],
  [
    "Roo Code: a file to import that isn't there",
    ({ write }) =>
      void write(".config/Code/User/settings.json", { "roo-cline.autoImportSettingsPath": "~/roo/mine.json" }),
    {
      code: "settings-invalid",
      cause: /autoImportSettingsPath.*roo\/mine\.json, which isn't there/,
      fix: /setup roo-code/,
    },
  ],
  [
    "Roo Code: a file of the user's own with the bare host",
    ({ write, hosted }) => {
      write(".config/Code/User/settings.json", { "roo-cline.autoImportSettingsPath": "~/roo/mine.json" });
      const mine = { id: "mine", apiProvider: "openai", openAiBaseUrl: hosted, openAiApiKey: key, openAiModelId: OPUS };
      write("roo/mine.json", { providerProfiles: { currentApiConfigName: "mine", apiConfigs: { mine } } });
    },
    { code: "base-url-path", cause: /openAiBaseUrl.*roo\/mine\.json.*end in \/v1/, fix: /setup roo-code/ },
  ],
  [
    "Codex: a key twice",
    (machine) => {
      machine.write(CODEX, `${codex(machine)}base_url = "${machine.hosted}/v1"\n`);
      return { env: { MY_TOKEN: machine.token } };
    },
    { code: "settings-invalid", cause: /config\.toml:8/, fix: /there already: take one out/ },
  ],
  [
    "Codex: curly quotes",
    (machine) => {
      machine.write(CODEX, codex(machine).replace('"mine"', "\u201cmine\u201d"));
      return { env: { MY_TOKEN: machine.token } };
    },
    { code: "settings-invalid", cause: /config\.toml:2:18/, fix: /straight quotes/ },
  ],
  [
    "Claude Code: a merge that isn't finished",
    ({ write }) => void write(CLAUDE, '<<<<<<< HEAD\n{"env":{}}\n=======\n{}\n>>>>>>> other\n'),
    { code: "settings-invalid", cause: /settings\.json:1:1/, fix: /finish the merge/ },
  ],
];

const healthy: readonly (readonly [title: string, prepare: Prepare])[] = [
  [
    "opencode: a model by a name of the user's own",
    (machine) =>
      void machine.write(OPENCODE, opencode(machine, { model: "mine/big" }, { models: { big: { id: OPUS } } })),
  ],
  [
    "opencode: a key in a file that is there",
    (machine) => {
      machine.write(".secrets/key", `${key}\n`);
      machine.write(
        OPENCODE,
        opencode(machine, {}, { options: { baseURL: `${machine.hosted}/v1`, apiKey: "{file:~/.secrets/key}" } }),
      );
    },
  ],
  [
    "opencode: other providers are switched off",
    (machine) =>
      void machine.write(OPENCODE, opencode(machine, { disabled_providers: ["openai"], enabled_providers: ["mine"] })),
  ],
  [
    "Codex: the credential in a header that a variable fills",
    (machine) => {
      machine.write(CODEX, codex(machine, "mine", "mine", 'env_http_headers = { "X-Api-Key" = "MY_TOKEN" }'));
      return { env: { MY_TOKEN: machine.token } };
    },
  ],
  [
    "Codex: the credential in a header of its settings",
    (machine) =>
      void machine.write(
        CODEX,
        codex(machine, "mine", "mine", `http_headers = { Authorization = "Bearer ${machine.token}" }`),
      ),
  ],
  [
    "Codex: a provider of another's project, and OpenAI's own for the user",
    ({ write }) => {
      write(CODEX, 'model = "gpt-5.5"\n');
      write("project/.codex/config.toml", 'sandbox_mode = "read-only"\n');
    },
  ],
  [
    "Claude Code: a helper that is there, by its path and by its name",
    ({ write, hosted, home }) => {
      mkdirSync(join(home, "bin"));
      write(CLAUDE, { apiKeyHelper: "/bin/echo key", env: { ANTHROPIC_BASE_URL: hosted, ...pins } });
    },
  ],
  [
    "Claude Code: settings of others beside the env block",
    ({ write, hosted }) =>
      void write(CLAUDE, {
        env: { ANTHROPIC_BASE_URL: hosted, ANTHROPIC_AUTH_TOKEN: key, ...pins },
        mine: { ANTHROPIC_BASE_URL: "https://elsewhere.example" },
      }),
  ],
  [
    "Qwen Code: texts that name variables",
    ({ write, hosted }) => {
      const auth = { selectedType: "openai", baseUrl: ["$", "{MY_BASE}"].join(""), apiKey: "$MY_KEY" };
      write(".qwen/settings.json", { security: { auth }, model: { name: OPUS } });
      return { env: { MY_BASE: `${hosted}/v1`, MY_KEY: key } };
    },
  ],
  [
    "Crush: a script that takes its key from a variable",
    ({ write, hosted }) => {
      write(
        "project/crushrc",
        `provider add mine --type openai-compat --base-url=${hosted}/v1 --api-key "\${MY_KEY:?set it}"\nmodel large mine/${OPUS} --think\n`,
      );
      return { env: { MY_KEY: key } };
    },
  ],
  [
    "Continue: Ollama's own address beside",
    ({ write, hosted }) =>
      void write(
        ".continue/config.yaml",
        `models:\n  - { name: Opus, provider: openai, model: ${OPUS}, apiBase: "${hosted}/v1", apiKey: ${key} }\n  - { name: L, provider: ollama, model: llama3, url: "http://localhost:11434" }\n`,
      ),
  ],
  [
    "a user in the base of opencode, which takes it",
    (machine) => {
      const baseURL = `${machine.hosted.replace("://", "://me:secret@")}/v1`;
      machine.write(OPENCODE, opencode(machine, {}, { options: { baseURL, apiKey: key } }));
    },
  ],
];

let street: Street;
beforeAll(async () => {
  street = await openStreet();
}, 120_000);
afterAll(() => street.stop());

describe("settings that the tool doesn't read", () => {
  it.concurrent.each(broken)("%s", async (_title, prepare, { code, cause, fix }) => {
    const machine = street.machine();
    const diagnosis = await machine.diagnose((await prepare(machine)) ?? {});
    const said = JSON.stringify([diagnosis.verdict, diagnosis.others], undefined, 1);
    expect(diagnosis.verdict.code, said).toBe(code);
    expect(diagnosis.verdict.cause, said).toMatch(cause);
    expect(diagnosis.verdict.fix ?? "", said).toMatch(fix);
  });
});

/** What one edit by `--fix` makes healthy, at once and for good. */
const mended = [
  "opencode: the base beside the options",
  "opencode: the base under another tool's name for it",
  "opencode: a model without its provider",
  "Codex: a provider that isn't there",
  "Codex: the choice of the provider below a table's header",
  "Continue: the base under another tool's name for it",
  "Continue: the old file, where there is no new one",
  "Aider: the base under another tool's name for it",
  "Zed: a chosen provider that isn't there",
];

describe("--fix", () => {
  it.concurrent.each(broken.filter(([title]) => mended.includes(title)))(
    "%s",
    async (_title, prepare) => {
      const machine = street.machine();
      const { env = {} } = (await prepare(machine)) ?? {};
      await machine.zenthrex(["doctor", "--fix", "--yes"], { env });
      const { verdict } = await machine.diagnose({ env });
      expect([verdict.code, verdict.cause]).toEqual(["healthy", verdict.cause]);
      // Three runs of the doctor in one case.
    },
    60_000,
  );
});

describe("what looks like them and works", () => {
  it.concurrent.each(healthy)("%s", async (_title, prepare) => {
    const machine = street.machine();
    const { verdict, others } = await machine.diagnose((await prepare(machine)) ?? {});
    expect([verdict.code, verdict.cause, others]).toEqual(["healthy", verdict.cause, []]);
  });
});
