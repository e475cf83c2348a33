import { describe, expect, it } from "vitest";
import { daemon, effectiveOn, hosted, key, token } from "./machine.ts";

const FILE = ".cline/data/settings/providers.json";
const entry = (provider: string, settings: object): object => ({
  settings: { provider, model: "claude-opus-4-7", ...settings },
  updatedAt: "2026-11-22T11:57:37.590Z",
  tokenSource: "manual",
});
const good = entry("openai-compatible", { apiKey: token, baseUrl: `${daemon}/v1` });
const file = (providers: object, lastUsedProvider = "openai-compatible"): Record<string, object> => ({
  [FILE]: { version: 1, lastUsedProvider, modes: {}, providers },
});
const on = (env: Record<string, string>) => effectiveOn("cline", { files: file({ "openai-compatible": good }), env });

describe("Cline", () => {
  it("a base that is missing is named by the key at which it would stand", async () => {
    const { problems } = await effectiveOn("cline", {
      files: file({ "openai-compatible": entry("openai-compatible", { apiKey: key }) }),
    });
    expect(problems[0]).toMatchObject({
      code: "base-unset",
      right: `${hosted}/v1`,
      place: { name: "providers.openai-compatible.settings.baseUrl", file: `~/${FILE}` },
    });
  });

  it("an entry that another one is chosen over is worth a note", async () => {
    const spare = entry("anthropic", { apiKey: key, baseUrl: hosted });
    const { problems } = await effectiveOn("cline", { files: file({ "openai-compatible": good, anthropic: spare }) });
    expect(problems.map(({ code, severity }) => [code, severity])).toEqual([["base-missing-v1", "note"]]);
  });

  const proxy = "http://proxy.corp:3128";
  it.each([
    ["HTTP_PROXY alone", { HTTP_PROXY: proxy }, "NO_PROXY=127.0.0.1,localhost,::1"],
    ["an empty http_proxy beside it", { HTTP_PROXY: proxy, http_proxy: "" }, "NO_PROXY=127.0.0.1,localhost,::1"],
    [
      "a no_proxy that hides NO_PROXY",
      { HTTP_PROXY: proxy, no_proxy: ".corp", NO_PROXY: "127.0.0.1" },
      "NO_PROXY=.corp,127.0.0.1,localhost,::1 no_proxy=.corp,127.0.0.1,localhost,::1",
    ],
  ])("%s takes this machine's traffic: the line for the shell is given", async (_title, env, line) => {
    const { problems } = await on(env);
    expect(problems).toMatchObject([
      { code: "proxy-catches-loopback", fix: { text: `Say export ${line}; cline hub stop` } },
    ]);
  });

  it.each([
    ["a proxy for https", { HTTPS_PROXY: proxy }],
    ["ALL_PROXY, which it doesn't read", { ALL_PROXY: proxy }],
    ["an empty no_proxy beside a NO_PROXY that covers it", { HTTP_PROXY: proxy, no_proxy: "", NO_PROXY: "127.0.0.1" }],
  ])("%s leaves it alone", async (_title, env) => {
    expect((await on(env)).problems).toEqual([]);
  });
});
