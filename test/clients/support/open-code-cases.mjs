// The doctor's rows with opencode, and with what is built on it: a provider of the user's own is at fault, and is mended where it stands.

import { closedPort } from "./daemon.mjs";
import { daemonStopped, proxyTakesAll } from "./daemon-cases.mjs";
import { runProgram } from "./programs.mjs";

const ANSWER_LIMIT_MS = 150_000;
/** For what it tries again and again without a word. */
const HANG_LIMIT_MS = 25_000;
const MODEL = "claude-opus-4-7";
// opencode marks prompts for the cache where a model's name has "claude" in it, also in Chat Completions, which the sandbox refuses there.
const CHAT_MODEL = "gpt-4o";
const OPENAI_KEY = "sk-proj-0123456789abcdefghij";

/** One prompt; a case whose fault makes it hang says so by `given.hangs`. */
export function askFamily(program, quiet) {
  return (given) => {
    const { folder, home, env } = given;
    const limitMs = given.hangs && !given.wasAsked ? HANG_LIMIT_MS : ANSWER_LIMIT_MS;
    given.wasAsked = true;
    return runProgram(program(folder), ["run", "say", "hi", "to", "us"], { home, env: { ...quiet, ...env }, limitMs });
  };
}

/** Settings with a provider of the user's own; what is undefined is left out. */
function settingsOf({ sandbox, key, schema }, { npm = "@ai-sdk/anthropic", model = MODEL, ...options }) {
  const all = { baseURL: `${sandbox.url}/v1`, apiKey: key, ...options };
  const provider = { mine: { npm, options: all, models: { [model]: { name: model } } } };
  return { $schema: schema, provider, model: `mine/${model}`, small_model: `mine/${model}` };
}

/** `user`, `project`: where its files are, below the home; `schema`: what it writes into them, where it isn't there, before all else. */
export function familyCases({ user, project, schema }) {
  const settings = (given, more) => settingsOf({ ...given, schema }, more);
  const own = (row, title, options, more) => ({
    row,
    title,
    breakSetup: async (given) => given.write(user, settings(given, await options(given))),
    mend: "fix",
    ...more,
  });
  const base = (row, title, paste, more = {}) =>
    own(row, title, (given) => ({ baseURL: paste(given.sandbox.url), ...more.options }), {
      shows: more.shows ?? /Not found/i,
      code: more.code ?? "base-url-path",
      names: (given) => [paste(given.sandbox.url), `${given.path(user)}:7:20`],
      right: ({ sandbox }) => `right value is ${sandbox.url}/v1`,
    });
  const chat = { options: { npm: "@ai-sdk/openai-compatible", model: CHAT_MODEL } };
  return [
    base(5, "the bare host, in Chat Completions", (url) => url, chat),
    base(6, "/v1 twice", (url) => `${url}/v1/v1`, chat),
    base(7, "the route as base", (url) => `${url}/v1/chat/completions`, chat),
    base(8, "the bare host, in Anthropic's format", (url) => url),
    base(9, "no scheme", (url) => `${url.replace("http://", "")}/v1`, { shows: /./, code: "base-url-invalid" }),
    {
      ...base(10, "https to plain http", (url) => `${url.replace("http:", "https:")}/v1`, {
        shows: /(?:)/,
        code: "base-url-scheme",
      }),
      async breakSetup(given) {
        given.hangs = true;
        given.write(user, settings(given, { baseURL: `${given.sandbox.url.replace("http:", "https:")}/v1` }));
      },
    },
    {
      row: 4,
      title: "a model that isn't offered",
      breakSetup: (given) => given.write(user, settings(given, { model: "claude-opus-5-5" })),
      shows: /claude-opus-5-5/,
      code: "model-unknown",
      names: ({ path }) => ["claude-opus-5-5", path(user)],
      right: MODEL,
      mend: "fix",
    },
    own(
      12,
      "no base",
      (given) => {
        given.hangs = true;
        return { baseURL: undefined };
      },
      {
        code: "base-url-missing",
        names: ({ path }) => [path(user), "api.anthropic.com"],
        right: ({ sandbox }) => `right value is ${sandbox.url}/v1`,
      },
    ),
    own(13, "another vendor's key", () => ({ apiKey: OPENAI_KEY }), {
      shows: /Missing or invalid|401/i,
      code: "credential-vendor",
      names: ({ path }) => [`${path(user)}:8:19`],
    }),
    own(15, "a revoked key", () => ({ apiKey: "zk_sandbox_revoked" }), {
      shows: /revoked|401/i,
      code: "credential-rejected",
      names: ({ path }) => [`${path(user)}:8:19`],
    }),
    {
      row: 19,
      title: "a comma that is missing",
      breakSetup(given) {
        given.write(user, settings(given, {}));
        given.write(user, given.read(user).replace(`"mine/${MODEL}",`, `"mine/${MODEL}"`));
      },
      code: "settings-invalid",
      names: ({ path }) => [`${path(user)}:18:3`],
      mend: "words",
    },
    {
      row: 20,
      title: "a project's file sends it elsewhere",
      breakSetup(given) {
        given.hangs = true;
        given.write(user, settings(given, {}));
        given.write(project, {
          $schema: schema,
          provider: { mine: { options: { baseURL: "https://api.anthropic.com/v1" } } },
        });
      },
      code: "project-redirects",
      names: ({ path }) => ["https://api.anthropic.com/v1", `${path(project)}:6:20`, "over your settings"],
      mend: "fix",
    },
    {
      row: 20,
      title: "a project's file lacks /v1",
      breakSetup(given) {
        given.write(user, settings(given, {}));
        given.write(
          project,
          `{\n  "$schema": "${schema}",\n  // the team's\n  "provider": { "mine": { "options": { "baseURL": "${given.sandbox.url}" } } },\n}\n`,
        );
      },
      shows: /Not found/i,
      code: "base-url-path",
      names: ({ path }) => [`${path(project)}:4:51`],
      right: ({ sandbox }) => `right value is ${sandbox.url}/v1`,
      mend: "fix",
    },
    own(24, "a character that nobody sees, in the key", ({ key }) => ({ apiKey: key.replace("_", "_\u200b") }), {
      code: "credential-shape",
      names: ({ path }) => [`${path(user)}:8:19`],
    }),
    daemonStopped({ hangs: true }),
    proxyTakesAll(27, (given) => given.write(user, settings(given, {}))),
    {
      row: 50,
      title: "the port of a daemon that has moved",
      async breakSetup(given) {
        await given.startDaemon();
        given.hangs = true;
        given.write(
          user,
          settings(given, { baseURL: `http://127.0.0.1:${await closedPort()}/v1`, apiKey: given.token }),
        );
      },
      code: "base-url-port",
      names: ({ path }) => [`${path(user)}:7:20`],
      right: ({ daemonUrl }) => `right value is ${daemonUrl}/v1`,
      mend: "fix",
    },
    {
      row: 51,
      title: "localhost",
      async breakSetup(given) {
        await given.startDaemon();
        given.write(user, settings(given, { baseURL: `http://localhost:${given.port}/v1`, apiKey: given.token }));
      },
      answers: true,
      code: "base-url-host",
      isWarning: true,
      names: ({ path }) => [`${path(user)}:7:20`],
      right: ({ daemonUrl }) => `right value is ${daemonUrl}/v1`,
      mend: "fix",
    },
    {
      row: 55,
      title: "XDG_CONFIG_HOME leads elsewhere",
      breakSetup(given) {
        given.hangs = true;
        given.write(user, settings(given, {}));
        return { XDG_CONFIG_HOME: given.path("elsewhere") };
      },
      code: "wrong-home",
      names: ["XDG_CONFIG_HOME"],
      right: "unset XDG_CONFIG_HOME",
      mend: "words",
    },
  ];
}
