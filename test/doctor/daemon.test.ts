import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { DaemonLook, Pointing } from "../../src/doctor/types.ts";
import { doctorFacts, runDoctor, type TestFacts } from "../support/doctor.ts";
import { startTestSandbox } from "../support/start-test-sandbox.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const PORT = 19_368;
const look = (more: Partial<DaemonLook>): DaemonLook => ({
  port: PORT,
  identity: "nothing",
  facts: undefined,
  owner: undefined,
  state: undefined,
  ...more,
});
const claude: Pointing = {
  tool: "claude-code",
  title: "Claude Code",
  baseUrl: `http://127.0.0.1:${PORT}`,
  destination: "daemon",
  url: `http://127.0.0.1:${PORT}/v1/messages`,
  format: "anthropic",
};
const run = (facts: TestFacts) => runDoctor(doctorFacts({ known: [], ...facts }), ["daemon"]);

describe("the daemon", () => {
  it("that is stopped is nobody's trouble where no tool needs it", async () => {
    const { verdict, report } = await run({ look: look({}) });
    expect(verdict.code).toBe("healthy");
    expect(report("daemon").result.status).toBe("skip");
  });

  it("[row 25] that is stopped while a tool is pointed at it has to be started", async () => {
    const { verdict } = await run({ look: look({}), known: [claude] });
    expect(verdict).toMatchObject({
      code: "daemon-stopped",
      exitCode: 5,
      fix: { command: "zenthrex serve --background" },
    });
    expect(verdict.cause).toContain("Claude Code");
  });

  it.each([
    [{ SSH_CONNECTION: "10.0.0.1 1 10.0.0.2 22" }, "an SSH session"],
    [{ WSL_DISTRO_NAME: "Ubuntu" }, "WSL"],
    [{ REMOTE_CONTAINERS: "true" }, "a dev container"],
    [{ CODESPACES: "true" }, "a codespace"],
  ])("[row 52] runs outside, where the inside never had one: %j", async (env, what) => {
    const inside = await run({ look: look({}), known: [claude], env });
    expect(inside.verdict.code).toBe("daemon-foreign-host");
    expect(inside.verdict.cause).toContain(what);
    const known = await run({ look: look({}), known: [claude], env, localToken: `zxl_${"a".repeat(43)}` });
    expect(known.verdict.code).toBe("daemon-stopped");
  });

  it("[row 47] has a stranger on its port, named by pid", async () => {
    const { verdict } = await run({
      look: look({ identity: "stranger", owner: { pid: 4711, name: "node" } }),
      known: [claude],
    });
    expect(verdict).toMatchObject({ code: "port-stranger", fix: { command: "kill 4711" } });
    expect(verdict.cause).toContain("node (pid 4711)");
  });

  it("[row 49] of another version is to be restarted", async () => {
    const facts = { version: "0.0.1", upstream: "https://api.zentherixapi.xyz", pid: 1, uptimeMs: 1 };
    const { verdict } = await run({ look: look({ identity: "ours", facts }) });
    expect(verdict).toMatchObject({ code: "daemon-version", exitCode: 0, fix: { command: "zenthrex restart" } });
  });

  it("for another upstream than the configured one is to be restarted", async () => {
    const facts = { version: "0.0.0-test", upstream: "https://old.example.test", pid: 1, uptimeMs: 1 };
    const { verdict } = await run({ look: look({ identity: "ours", facts }), upstream: "https://new.example.test" });
    expect(verdict.code).toBe("daemon-upstream");
    expect(verdict.cause).toMatch(/old\.example\.test.*new\.example\.test/);
  });
});

describe("a tool's credential", () => {
  const against = async (pointing: (url: string) => Partial<Pointing>, facts: TestFacts = {}) => {
    const sandbox = await startTestSandbox();
    const url = `${sandbox.url}/v1/messages`;
    const known = [{ ...claude, baseUrl: sandbox.url, destination: "hosted", url, ...pointing(sandbox.url) }] as const;
    return runDoctor(doctorFacts({ upstream: sandbox.url, known, ...facts }), ["tool-requests"]);
  };
  const credential = (text: string, header: "x-api-key" | "authorization" = "authorization") => ({
    credential: {
      text,
      header,
      place: "ANTHROPIC_AUTH_TOKEN in your settings",
      at: { layer: "user", name: "ANTHROPIC_AUTH_TOKEN" } as const,
      fix: { text: "" },
    },
  });

  it("that is accepted is well", async () => {
    const { verdict } = await against(() => credential("zk_sandbox_tool"));
    expect(verdict.code).toBe("healthy");
  });

  it("that is refused is told with its place, while the stored key works", async () => {
    const { verdict } = await against(() => credential("zk_sandbox_revoked"));
    expect(verdict).toMatchObject({ code: "credential-rejected", exitCode: 3 });
    expect(verdict.cause).toContain("ANTHROPIC_AUTH_TOKEN in your settings");
    expect(JSON.stringify(verdict)).not.toContain("zk_sandbox_revoked");
  });

  it("of another vendor never leaves", async () => {
    const { report } = await against(() => credential("sk-ant-api03-secret-secret"));
    expect(report("tool-requests").result.status).toBe("pass");
  });
});

describe("the home directory", () => {
  const settings = (home: string): void => {
    mkdirSync(join(home, ".claude"), { recursive: true });
    const env = { ANTHROPIC_BASE_URL: "http://127.0.0.1:19368", ANTHROPIC_AUTH_TOKEN: `zxl_${"a".repeat(43)}` };
    writeFileSync(join(home, ".claude", "settings.json"), JSON.stringify({ env }));
  };

  it("[row 55] that CLAUDE_CONFIG_DIR leads away from is the cause, with both paths", async () => {
    const home = temporaryHome();
    settings(home);
    const env = { CLAUDE_CONFIG_DIR: join(home, "elsewhere") };
    // In the home directory itself its settings would be read as a project's.
    const { verdict } = await runDoctor(doctorFacts({ home, cwd: join(home, "project"), env, known: [] }), ["home"]);
    expect(verdict.code).toBe("wrong-home");
    expect(verdict.cause).toMatch(/elsewhere\/settings\.json.*\.claude\/settings\.json/);
    expect(verdict.fix?.command).toContain("unset CLAUDE_CONFIG_DIR");
  });

  it.each([
    ["QWEN_HOME", "qwen-code", ".qwen/settings.json"],
    ["CONTINUE_GLOBAL_DIR", "continue", ".continue/config.yaml"],
    ["CODEX_HOME", "codex", ".codex/config.toml"],
    ["XDG_CONFIG_HOME", "opencode", ".config/opencode/opencode.json"],
  ])("[row 55] that %s leads %s away from is the cause, with both paths", async (variable, tool, file) => {
    const home = temporaryHome();
    const base = "https://api.zentherixapi.xyz/v1";
    const contents: Readonly<Record<string, string>> = {
      "qwen-code": `{"security":{"auth":{"selectedType":"openai","baseUrl":"${base}"}}}`,
      continue: `models: [{ name: a, provider: openai, apiBase: "${base}" }]`,
      codex: `model_provider = "zx"\n[model_providers.zx]\nbase_url = "${base}"\n`,
      opencode: `{"provider":{"zx":{"options":{"baseURL":"${base}"}}}}`,
    };
    mkdirSync(dirname(join(home, file)), { recursive: true });
    writeFileSync(join(home, file), contents[tool] ?? "");
    const facts = { home, cwd: join(home, "project"), known: [] };
    const { verdict } = await runDoctor(doctorFacts({ ...facts, env: { [variable]: join(home, "moved") } }), ["home"]);
    expect(verdict).toMatchObject({
      code: "wrong-home",
      fix: { command: expect.stringContaining(`unset ${variable}`) },
    });
    expect(verdict.cause).toContain(join(home, file));
    const own = join(home, "moved", ...file.split("/").slice(1));
    mkdirSync(dirname(own), { recursive: true });
    writeFileSync(own, (contents[tool] ?? "").replace("api.zentherixapi.xyz", "api.example.com"));
    const chosen = await runDoctor(doctorFacts({ ...facts, env: { [variable]: join(home, "moved") } }), ["home"]);
    expect(chosen.verdict.code).toBe("healthy");
  });

  it("that sudo leads away from is named, where the key lies there", async () => {
    const [home, accountHome] = [temporaryHome(), temporaryHome()];
    mkdirSync(join(accountHome, ".config", "zenthrex"), { recursive: true });
    writeFileSync(join(accountHome, ".config", "zenthrex", "config.json"), '{"key":"zk_sandbox_sudo_1"}');
    const facts = { home, accountHome, key: { kind: "none" }, known: [] } as const;
    const sudo = await runDoctor(doctorFacts({ ...facts, env: { SUDO_USER: "rosalind" } }), ["home", "key"]);
    expect(sudo.verdict).toMatchObject({ code: "wrong-home", fix: { command: "sudo -u rosalind zenthrex doctor" } });
    const chosen = await runDoctor(doctorFacts(facts), ["home", "key"]);
    expect(chosen.verdict.code).toBe("key-missing");
    expect(chosen.report("key").result.evidence?.join()).toContain(accountHome);
  });

  it("that differs from the account's is well as long as nothing is missing", async () => {
    const { verdict } = await runDoctor(doctorFacts({ home: temporaryHome(), accountHome: "/root", known: [] }), [
      "home",
    ]);
    expect(verdict.code).toBe("healthy");
  });
});

describe("Node.js", () => {
  it.each([
    ["18.19.0", "node-too-old"],
    ["20.18.0", "node-too-old"],
    ["20.18.1", "healthy"],
    ["22.1.0", "healthy"],
  ])("[row 53] %s is %s", async (nodeVersion, code) => {
    expect((await runDoctor(doctorFacts({ nodeVersion, known: [] }), ["node"])).verdict.code).toBe(code);
  });
});
