import { describe, expect, it } from "vitest";
import { daemon, effectiveOn, hosted, key, type Machine, staleToken, token } from "./machine.ts";

const v1 = `${daemon}/v1`;
const CONFIG = "~/.codex/config.toml";
const TOKEN_KEYS = ["model_providers", "zx", "experimental_bearer_token"];
const ENV_KEY = { keys: ["model_providers", "zx", "env_key"] };

interface Config {
  readonly base?: string;
  /** Lines of the provider's table. */
  readonly provider?: string;
  readonly top?: string;
  readonly behind?: string;
}

/** The user's own config.toml: a provider that is none of setup's making. */
const config = ({ base = v1, provider = 'env_key = "ZX_KEY"', top = "", behind = "" }: Config): string =>
  `model = "claude-opus-4-7"\nmodel_provider = "zx"\n${top}\n[model_providers.zx] # mine\nbase_url = "${base}"\n${provider}\n${behind}\n`;

const codexOn = (own: Config, machine: Machine = {}) =>
  effectiveOn("codex", {
    env: { ZX_KEY: token },
    ...machine,
    files: { ".codex/config.toml": config(own), ...machine.files },
  });

async function firstOf(own: Config, machine: Machine = {}) {
  const { problems } = await codexOn(own, machine);
  expect(JSON.stringify(problems)).not.toContain(token);
  return problems.find(({ severity }) => severity !== "note");
}

describe("a provider of the user's own is mended where it stands", () => {
  it("a base without scheme: that key is set right, setup would write elsewhere", async () => {
    const problem = await firstOf({ base: v1.slice(7) });
    expect(problem).toMatchObject({
      code: "base-no-scheme",
      fix: {
        edit: { file: CONFIG, keys: ["model_providers", "zx", "base_url"], value: v1 },
        beside: ["setup", "codex"],
      },
    });
    expect(problem?.fix.command).toBeUndefined();
  });

  it.each([
    ["a variable with an old token", {}, { ZX_KEY: staleToken }, "credential-stale-token"],
    ["a variable with another vendor's key", {}, { ZX_KEY: "sk-proj-0123" }, "credential-other-vendor"],
    ["a variable with a line end", {}, { ZX_KEY: `${token}\n` }, "credential-malformed"],
    ["a variable that isn't exported", {}, {}, "credential-env-missing"],
    [
      "a variable that isn't exported, over a token",
      { provider: `env_key = "ZX_KEY"\nexperimental_bearer_token = "${token}"` },
      {},
      "credential-env-missing",
    ],
  ])("%s: the token goes into the file, and the variable's name out", async (_title, own, env, code) => {
    const edit = { file: CONFIG, keys: TOKEN_KEYS, fill: "local-token", also: [ENV_KEY] };
    expect(await firstOf(own, { env: env as Record<string, string> })).toMatchObject({ code, fix: { edit } });
  });

  it.each([token, key])("a key in the place of the variable's name %#: the same", async (text) => {
    const problem = await firstOf({ provider: `env_key = "${text}"` });
    expect(problem).toMatchObject({
      code: "credential-in-env-key",
      fix: { edit: { keys: TOKEN_KEYS, also: [ENV_KEY] } },
    });
  });

  it("another vendor's key in the place of the variable's name is nothing that our token could stand for", async () => {
    const problem = await firstOf({ provider: 'env_key = "sk-proj-0123"' });
    expect(problem).toMatchObject({ code: "credential-in-env-key" });
    expect(problem?.fix.edit).toBeUndefined();
  });

  it("an invisible character in the token is told as that, and not as another daemon's token", async () => {
    expect(await firstOf({}, { env: { ZX_KEY: `${token}\u200b` } })).toMatchObject({
      code: "credential-malformed",
      wrong: "zxl_...DEFG",
      cause: expect.stringContaining("invisible character"),
    });
  });

  it("wire_api = chat at the hosted API, as old guides say: both keys are set right at once", async () => {
    const problem = await firstOf({ base: `${hosted}/v1`, provider: 'env_key = "ZX_KEY"\nwire_api = "chat"' });
    expect(problem).toMatchObject({
      code: "wire-api-chat",
      fix: { edit: { value: "responses", also: [{ keys: ["model_providers", "zx", "base_url"], value: v1 }] } },
    });
  });

  it.each([
    ["with its key: the daemon takes that", { ZX_KEY: key }, undefined],
    ["without a key: the token goes with it", {}, [{ keys: TOKEN_KEYS, fill: "local-token" }, ENV_KEY]],
  ])("the hosted API itself, %s", async (_title, env, also) => {
    const problem = await firstOf({ base: `${hosted}/v1` }, { env: env as Record<string, string> });
    expect(problem?.code).toBe("route-not-hosted");
    expect(problem?.fix.edit).toEqual(expect.objectContaining({ value: v1, ...(also && { also }) }));
    if (also === undefined) expect(problem?.fix.edit?.also).toBeUndefined();
  });
});

describe("what Codex refuses to start with", () => {
  it("a profile in the old form is taken out", async () => {
    const own = { top: 'profile = "p"', behind: '[profiles.p]\nmodel = "gpt-9"' };
    expect(await firstOf(own)).toMatchObject({
      code: "settings-shape",
      place: { line: 3 },
      fix: { edit: { keys: ["profile"] } },
    });
  });

  it("a table of old profiles that nobody chooses is none", async () => {
    expect((await codexOn({ behind: '[profiles.p]\nmodel = "gpt-9"' })).problems).toEqual([]);
  });

  it.each(["openai", "ollama", "lmstudio"])("a provider that is called %s", async (id) => {
    const problem = await firstOf({ behind: `[model_providers.${id}]\nbase_url = "${v1}"` });
    expect(problem).toMatchObject({ code: "provider-unknown", wrong: id });
  });

  it("a provider that nobody describes: the one that is described is the right value", async () => {
    const text = config({}).replace('model_provider = "zx"', 'model_provider = "xz"');
    expect(await firstOf({}, { files: { ".codex/config.toml": text } })).toMatchObject({
      code: "provider-unknown",
      wrong: "xz",
      right: "zx",
      fix: { edit: { keys: ["model_provider"], value: "zx" } },
    });
  });
});

describe("what is healthy with Codex", () => {
  const healthy: readonly (readonly [string, Config, Machine])[] = [
    [
      "a token in the file beside a good variable, which wins",
      { provider: `env_key = "ZX_KEY"\nexperimental_bearer_token = "${staleToken}"` },
      {},
    ],
    ["a token among the headers", { provider: `http_headers = { "x-api-key" = "${token}" }` }, { env: {} }],
    [
      "a bearer token among the headers",
      { provider: `http_headers = { Authorization = "Bearer ${token}" }` },
      { env: {} },
    ],
    ["a variable among the headers", { provider: 'env_http_headers = { "x-api-key" = "ZX_KEY" }' }, {}],
    ["the key of codex login", { provider: "requires_openai_auth = true" }, { env: {} }],
    ["a proxy for https alone", {}, { env: { ZX_KEY: token, HTTPS_PROXY: "http://proxy.corp:3128" } }],
    [
      "an empty no_proxy beside a good NO_PROXY",
      {},
      { env: { ZX_KEY: token, HTTP_PROXY: "http://proxy.corp:3128", NO_PROXY: "127.0.0.1", no_proxy: "" } },
    ],
    ["a model of a project that isn't trusted", {}, { files: { "project/.codex/config.toml": 'model = "llama-9"\n' } }],
    [
      "a profile that changes neither provider nor model",
      {},
      { files: { ".codex/p.config.toml": 'model_reasoning_effort = "low"\n' } },
    ],
  ];
  it.each(healthy)("%s", async (_title, own, machine) => {
    expect((await codexOn(own, machine)).problems).toEqual([]);
  });
});

describe("layers over config.toml", () => {
  const trusted = (folder: string): Config => ({ behind: `[projects."${folder}"]\ntrust_level = "trusted"` });

  it("a trusted project's model is named with its place, and mended there", async () => {
    const { effectiveIn, effectiveMachine } = await import("./machine.ts");
    const { mkdirSync, writeFileSync } = await import("node:fs");
    const context = effectiveMachine({
      env: { ZX_KEY: token },
      files: { "project/.codex/config.toml": 'model = "llama-9"\n' },
    });
    mkdirSync(`${context.home}/.codex`);
    writeFileSync(`${context.home}/.codex/config.toml`, config(trusted(context.cwd)));
    const [problem] = (await effectiveIn("codex", context)).problems;
    const file = `${context.cwd}/.codex/config.toml`;
    expect(problem).toMatchObject({
      code: "model-unknown",
      place: { layer: "project", file, line: 1, column: 9 },
      fix: { edit: { file, keys: ["model"], value: "claude-opus-4-7" } },
    });
  });

  it("a profile is judged with what it is laid over, as a warning: nobody knows whether it is chosen", async () => {
    const files = { ".codex/p.config.toml": `[model_providers.zx]\nbase_url = "${hosted}/v1"\n` };
    const { problems, endpoints } = await codexOn({}, { files, env: { ZX_KEY: token } });
    expect(problems.map(({ code, severity, place }) => [code, severity, place?.file])).toEqual([
      ["route-not-hosted", "warning", "~/.codex/p.config.toml"],
    ]);
    expect(endpoints.map(({ isActive, destination }) => [isActive, destination])).toEqual([
      [true, "daemon"],
      [false, "hosted"],
    ]);
  });

  it("openai_base_url moves the provider that Codex has of itself", async () => {
    const text = `model = "claude-opus-4-7"\nopenai_base_url = "${daemon}"\n`;
    const problem = await firstOf({}, { files: { ".codex/config.toml": text } });
    expect(problem).toMatchObject({ code: "base-missing-v1", fix: { edit: { keys: ["openai_base_url"], value: v1 } } });
  });
});

describe("a company proxy", () => {
  it.each(["HTTP_PROXY", "http_proxy", "ALL_PROXY"])(
    "%s keeps Codex from the daemon: the shell's line mends it",
    async (name) => {
      const env = { ZX_KEY: token, [name]: "http://proxy.corp:3128" };
      expect(await firstOf({}, { env })).toMatchObject({
        code: "proxy-catches-loopback",
        fix: { text: "Say export NO_PROXY=127.0.0.1,localhost,::1" },
      });
    },
  );

  it("keeps what NO_PROXY says already; an upper case list hides the lower case one", async () => {
    const env = { ZX_KEY: token, HTTP_PROXY: "http://proxy.corp:3128", NO_PROXY: ".corp, a", no_proxy: "127.0.0.1" };
    expect((await firstOf({}, { env }))?.fix).toEqual({
      text: "Say export NO_PROXY='.corp, a,127.0.0.1,localhost,::1'",
    });
  });
});
