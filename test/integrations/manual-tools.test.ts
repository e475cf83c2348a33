import { describe, expect, it } from "vitest";
import { integrations } from "../../src/integrations/registry.ts";
import type { Integration, IntegrationContext, Step, Target } from "../../src/integrations/types.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const token = "zxl_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
const local: Target = {
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
const direct: Target = {
  ...local,
  kind: "direct",
  origin: "https://api.zentherixapi.xyz",
  credential: "zk_live_canary_0123456789",
};

async function planOf(id: keyof typeof integrations, target: Target): Promise<readonly Step[]> {
  const { default: integration }: { default: Integration } = await integrations[id]();
  const home = temporaryHome();
  const context: IntegrationContext = { env: {}, home, cwd: home, platform: target.platform };
  return integration.plan(await integration.detect(context), target);
}

async function textOf(id: keyof typeof integrations, target: Target): Promise<string> {
  const steps = await planOf(id, target);
  return steps.flatMap((step) => (step.kind === "manual" ? step.lines : [])).join("\n");
}

describe("the steps for Cursor", () => {
  it("name the hosted API whatever is asked for, and everything that one has to know", async () => {
    for (const target of [local, direct]) {
      const text = await textOf("cursor", target);
      expect(text).toContain("https://api.zentherixapi.xyz/v1 (the /v1 is required)");
      expect(text).not.toContain("19368");
      for (const fact of [
        /`zenthrex key copy`/,
        /Cursor's own servers make the calls/,
        /Cursor Pro/,
        /Tab autocomplete .* can't be redirected/,
        /Turn off Cursor's built-in models/,
        /Don't add gpt-4o, gpt-4, gpt-4o-mini, gpt-3\.5-turbo/,
        /add claude-opus-4-7, save/,
        /at least 120 s/,
      ])
        expect(text).toMatch(fact);
      expect([...text.matchAll(/^ {2}(\d)\. /gm)].map(([, number]) => number)).toEqual(["1", "2", "3", "4", "5"]);
    }
  });
});

// Verbatim from the hosted documentation, "curl".
const documented = `curl https://api.zentherixapi.xyz/v1/messages \\
  -H "x-api-key: $ZENTHREX_KEY" \\
  -H "anthropic-version: 2023-06-01" \\
  -H "content-type: application/json" \\
  -d '{
    "model": "claude-opus-4-7",
    "max_tokens": 1024,
    "messages": [{"role":"user","content":"hi"}]
  }'

curl https://api.zentherixapi.xyz/v1/chat/completions \\
  -H "Authorization: Bearer $ZENTHREX_KEY" \\
  -H "content-type: application/json" \\
  -d '{
    "model": "claude-opus-4-7",
    "messages": [{"role":"user","content":"hi"}]
  }'`;

describe("the commands of curl", () => {
  it.each([
    [local, "http://127.0.0.1:19368", "$(zenthrex key token)"],
    [direct, "https://api.zentherixapi.xyz", "$KEY"],
  ])("are the documented ones with another address and key (%#)", async (target, origin, key) => {
    const text = (await textOf("curl", target))
      .split("\n")
      .filter((line) => !/^#|^read /.test(line))
      .join("\n")
      .trim();
    expect(text).toBe(documented.replaceAll("https://api.zentherixapi.xyz", origin).replaceAll("$ZENTHREX_KEY", key));
  });
});

describe("what is printed for OpenAI Compatible", () => {
  it.each(["cline", "roo-code"] as const)("%s gets the four fields, with the local token or the key", async (id) => {
    const text = await textOf(id, local);
    expect(text).toContain('API Provider  OpenAI Compatible (not "OpenAI"');
    expect(text).toContain("Base URL      http://127.0.0.1:19368/v1");
    expect(text).toContain("API Key       the local token: zenthrex key token");
    expect(text).toContain("Model ID      claude-opus-4-7");
    expect(text).not.toContain("120 s");
    const hosted = await textOf(id, direct);
    expect(hosted).toContain("Base URL      https://api.zentherixapi.xyz/v1");
    expect(hosted).toContain("zenthrex key copy");
    expect(hosted).toContain("at least 120 s");
  });
});

describe("every plan", () => {
  const all = Object.keys(integrations) as (keyof typeof integrations)[];
  const throughs = ["file", "environment", "child"] as const;
  const cases = all.flatMap((id) =>
    throughs.flatMap((through) => [local, direct].map((kind) => ({ id, through, kind }))),
  );

  it.each(cases)("of $id through $through never names ZENTHREX_KEY", async ({ id, through, kind }) => {
    const steps = await planOf(id, { ...kind, through });
    expect(JSON.stringify(steps)).not.toContain("ZENTHREX_KEY");
    const printed = steps.flatMap((step) => (step.kind === "manual" ? step.lines : [])).join("\n");
    expect(printed).not.toContain(kind.credential);
  });

  it.each(["linux", "win32"] as const)(
    "of an SDK has programs of both languages and a line of shell on %s",
    async (platform) => {
      const anthropic = await textOf("anthropic-sdk", { ...local, platform });
      expect(anthropic).toContain('    base_url="http://127.0.0.1:19368",');
      expect(anthropic).toContain('  baseURL: "http://127.0.0.1:19368",');
      const openai = await textOf("openai-sdk", { ...local, platform });
      expect(openai).toContain('    base_url="http://127.0.0.1:19368/v1",');
      expect(openai).toContain('  baseURL: "http://127.0.0.1:19368/v1",');
      const line =
        platform === "linux"
          ? 'export OPENAI_API_KEY="$(zenthrex key token)"'
          : "$env:OPENAI_API_KEY = zenthrex key token";
      expect(openai).toContain(line);
    },
  );
});
