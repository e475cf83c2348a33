import { mkdirSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../support/free-port.ts";
import { key, openStreet, type Prepare, runGit, type Street } from "./machine.ts";

const CLAUDE = ".claude/settings.json";
const pins = {
  ANTHROPIC_MODEL: "claude-opus-4-7",
  ANTHROPIC_DEFAULT_OPUS_MODEL: "claude-opus-4-7",
  ANTHROPIC_DEFAULT_SONNET_MODEL: "claude-opus-4-7",
  ANTHROPIC_DEFAULT_HAIKU_MODEL: "claude-haiku-4-5",
};
const byHand = (base: string, more: object = {}): object => ({
  env: { ANTHROPIC_BASE_URL: base, ANTHROPIC_AUTH_TOKEN: key, ...pins, ...more },
});

const healthy: readonly (readonly [title: string, prepare: Prepare])[] = [
  [
    "a home with spaces and an apostrophe, all tools set up",
    async ({ setup }) => {
      for (const tool of ["claude-code", "cline", "roo-code", "codex", "opencode", "continue"]) await setup(tool);
    },
  ],
  [
    "the same without the daemon",
    async ({ setup }) => {
      for (const tool of ["claude-code", "cline", "roo-code"]) await setup(tool, "--direct");
    },
  ],
  [
    "settings behind a link, in a repository of dotfiles",
    async ({ setup, home }) => {
      await setup("claude-code");
      mkdirSync(join(home, "dotfiles"));
      renameSync(join(home, CLAUDE), join(home, "dotfiles/claude.json"));
      symlinkSync(join(home, "dotfiles/claude.json"), join(home, CLAUDE));
    },
  ],
  [
    "CRLF, tabs and a byte order mark",
    ({ hosted, write }) =>
      void write(CLAUDE, `\ufeff${JSON.stringify(byHand(hosted), undefined, "\t").replaceAll("\n", "\r\n")}`),
  ],
  [
    "switches that are off",
    ({ hosted, write }) =>
      void write(CLAUDE, byHand(hosted, { CLAUDE_CODE_USE_BEDROCK: "0", CLAUDE_CODE_USE_VERTEX: "" })),
  ],
  [
    "no_proxy in lower case, and a proxy that is dead",
    async ({ setup }) => {
      await setup("cline");
      return { env: { HTTP_PROXY: `http://127.0.0.1:${await freePort()}`, no_proxy: "127.0.0.1,localhost" } };
    },
  ],
  [
    "NO_PROXY for everything",
    async ({ setup }) => {
      await setup("cline");
      return { env: { http_proxy: "http://127.0.0.1:9", https_proxy: "http://127.0.0.1:9", NO_PROXY: "*" } };
    },
  ],
  [
    "keys of other vendors for other tools",
    async ({ setup }) => {
      await setup("claude-code");
      return {
        env: {
          OPENAI_API_KEY: "sk-proj-0123456789abcdef",
          GEMINI_API_KEY: "AIzaSyA0123456789abcdefghijklmnopqrstuv",
          GITHUB_TOKEN: "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        },
      };
    },
  ],
  [
    "other tools with other vendors",
    async ({ setup, write }) => {
      await setup("claude-code");
      write(".aider.conf.yml", "model: gpt-9\nopenai-api-key: sk-proj-0123456789abcdef\n");
      write(".codex/config.toml", 'model = "gpt-9-codex"\n');
      write(".continue/config.yaml", "models:\n  - name: q\n    provider: ollama\n    model: qwen\n");
      write(".config/zed/settings.json", '// mine\n{ "theme": "One", }\n');
    },
  ],
  [
    "a project that brings settings which change nothing here",
    async ({ setup, write }) => {
      await setup("claude-code");
      write("project/.claude/settings.json", { permissions: { deny: ["Read(./.env)"] }, env: { FOO: "bar" } });
      write("project/opencode.json", { $schema: "https://opencode.ai/config.json", theme: "dark" });
    },
  ],
  [
    "a repository whose settings hold no key",
    async ({ setup, write, home }) => {
      await setup("claude-code");
      write("project/.claude/settings.json", { env: { NODE_ENV: "test" } });
      write("project/README.md", "Put your key (zk_...) into ZENTHREX_KEY.\n");
      runGit(["-C", join(home, "project"), "init", "-q"]);
      runGit(["-C", join(home, "project"), "add", "-f", "."]);
    },
  ],
  [
    "another profile's settings are wrong, and not read",
    async ({ setup, write, hosted }) => {
      await setup("claude-code");
      write(".claude-work/settings.json", byHand(`${hosted}/v1/v1`));
      write("elsewhere/.claude/settings.json", byHand("http://nowhere.example.test"));
    },
  ],
  [
    "a profile of its own, by CLAUDE_CONFIG_DIR",
    ({ home, hosted, write }) => {
      write(".claude-work/settings.json", byHand(hosted));
      return { env: { CLAUDE_CONFIG_DIR: join(home, ".claude-work") } };
    },
  ],
  [
    "exports alone, a slash at the end",
    ({ hosted }) => ({
      env: {
        ANTHROPIC_BASE_URL: `${hosted}/`,
        ANTHROPIC_API_KEY: key,
        ...pins,
        OPENAI_BASE_URL: `${hosted}/v1/`,
        OPENAI_API_KEY: key,
      },
    }),
  ],
  [
    "a helper that prints the key",
    ({ hosted, write }) =>
      void write(CLAUDE, { apiKeyHelper: "pass show zenthrex", env: { ANTHROPIC_BASE_URL: hosted, ...pins } }),
  ],
  [
    "opencode with its key in a variable",
    ({ hosted, write }) => {
      write(
        ".config/opencode/opencode.jsonc",
        `{\n  // mine\n  "model": "zx/claude-opus-4-7",\n  "provider": { "zx": { "npm": "@ai-sdk/openai-compatible", "options": { "baseURL": "${hosted}/v1", "apiKey": "{env:ZX_KEY}" }, "models": { "claude-opus-4-7": {} } } },\n}\n`,
      );
      return { env: { ZX_KEY: key } };
    },
  ],
  [
    "an SSH session in a container, with a daemon inside",
    async ({ setup }) => {
      await setup("claude-code");
      return { env: { SSH_CONNECTION: "10.0.0.2 5000 10.0.0.1 22", container: "podman", TERM: "xterm" } };
    },
  ],
  [
    "Copilot's CLI and Qwen Code by variables",
    ({ hosted }) => ({
      env: {
        COPILOT_PROVIDER_BASE_URL: hosted,
        COPILOT_PROVIDER_TYPE: "anthropic",
        COPILOT_PROVIDER_API_KEY: key,
        COPILOT_MODEL: "claude-opus-4-7",
      },
    }),
  ],
  ["ZENTHREX_KEY beside a stored one, both good", () => ({ env: { ZENTHREX_KEY: "zk_sandbox_other_987654" } })],
];

let street: Street;
beforeAll(async () => {
  street = await openStreet();
}, 120_000);
afterAll(() => street.stop());

describe("a healthy machine", () => {
  it.concurrent.each(healthy)("%s: not a word", async (title, prepare) => {
    const machine = street.machine(title.includes("apostrophe") ? "Jo Ann's home" : "u");
    const shell = (await prepare(machine)) ?? {};
    const { verdict, others, probes, exitCode } = await machine.diagnose(shell);
    expect(probes.filter(({ status }) => status === "warn" || status === "fail")).toEqual([]);
    expect(verdict.code).toBe("healthy");
    expect([others, exitCode]).toEqual([[], 0]);
  });
});
