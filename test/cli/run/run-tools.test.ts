import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { runMain } from "../../support/run-main.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

const token = "zxl_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

/** Runs a tool that does nothing, and looks at what it was started with. */
async function started(tool: string, program: string) {
  const home = temporaryHome();
  const file = join(home, ".config/zenthrex/config.json");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ localToken: token }), { mode: 0o600 });
  mkdirSync(join(home, "bin"));
  writeFileSync(join(home, "bin", program), "#!/bin/sh\n", { mode: 0o755 });
  const children: { args: readonly string[]; env: Readonly<Record<string, string>> }[] = [];
  const done = await runMain(["run", "--sandbox", tool, "--", "-p", "hi"], {
    home,
    env: {
      PATH: join(home, "bin"),
      ZENTHREX_KEY: "zk_live_canary_0123456789",
      COPILOT_PROVIDER_BEARER_TOKEN: "theirs",
    },
    attach: async (_file, args, env) => {
      children.push({ args, env });
      return 0;
    },
  });
  expect(done.exitCode).toBe(0);
  const [child] = children;
  if (child === undefined) throw new Error(done.err);
  expect(child.args.join(" ")).not.toContain(token);
  expect(child.args.slice(-2)).toEqual(["-p", "hi"]);
  expect(JSON.stringify(child)).not.toContain("zk_live_canary");
  return child;
}

const address = /^http:\/\/127\.0\.0\.1:\d+/;

describe("zenthrex run", () => {
  it("gives Codex its provider as arguments, and the token in the environment alone", async () => {
    const { args, env } = await started("codex", "codex");
    expect(args.join(" ")).toMatch(
      /-c model_provider="zenthrex" .*-c model_providers\.zenthrex\.base_url="http:\/\/127\.0\.0\.1:\d+\/v1"/,
    );
    expect(args).toContain('model_providers.zenthrex.env_key="ZENTHREX_LOCAL_TOKEN"');
    expect(env["ZENTHREX_LOCAL_TOKEN"]).toBe(token);
  });

  it.each([
    ["opencode", "opencode", "OPENCODE_CONFIG_CONTENT"],
    ["kilo-code", "kilo", "KILO_CONFIG_CONTENT"],
  ])("gives %s a whole configuration in its environment", async (tool, program, name) => {
    const { env } = await started(tool, program);
    const { model, provider } = JSON.parse(env[name] ?? "");
    expect(model).toBe("zenthrex/claude-opus-4-7");
    expect(provider.zenthrex.options).toEqual({ baseURL: expect.stringMatching(/\/v1$/), apiKey: token });
    expect(provider.zenthrex.models["claude-opus-4-7-1m"].limit).toEqual({ context: 1_000_000, output: 32_000 });
  });

  it("gives Copilot CLI its provider, and takes away what would be sent instead", async () => {
    const { env } = await started("copilot-cli", "copilot");
    expect(env).toMatchObject({
      COPILOT_PROVIDER_TYPE: "openai",
      COPILOT_PROVIDER_BASE_URL: expect.stringMatching(address),
      COPILOT_PROVIDER_API_KEY: token,
      COPILOT_MODEL: "claude-opus-4-7",
      COPILOT_PROVIDER_MAX_PROMPT_TOKENS: "168000",
    });
    expect(env["COPILOT_PROVIDER_BEARER_TOKEN"]).toBeUndefined();
  });

  it("gives Qwen Code and Aider their variables", async () => {
    const qwen = await started("qwen-code", "qwen");
    expect(qwen.args.slice(0, 4)).toEqual(["--auth-type", "openai", "--model", "claude-opus-4-7"]);
    expect(qwen.env).toMatchObject({ OPENAI_API_KEY: token, OPENAI_BASE_URL: expect.stringMatching(/\/v1$/) });
    const aider = await started("aider", "aider");
    expect(aider.env).toMatchObject({
      AIDER_MODEL: "openai/claude-opus-4-7",
      AIDER_WEAK_MODEL: "openai/claude-haiku-4-5",
      AIDER_OPENAI_API_KEY: token,
      AIDER_OPENAI_API_BASE: expect.stringMatching(/\/v1$/),
    });
  });
});
