// The doctor's rows with Qwen Code: an entry of the user's own in its list of models is at fault, a variable of its settings, or of the shell.

import { closedPort, programIn } from "../support/daemon.mjs";
import { daemonStopped, proxyTakesAll } from "../support/daemon-cases.mjs";
import { runCases } from "../support/mended.mjs";
import { runProgram } from "../support/programs.mjs";

const ANSWER_LIMIT_MS = 120_000;
/** For what it tries again and again without a word. */
const HANG_LIMIT_MS = 25_000;
const FILE = ".qwen/settings.json";
const PROJECT = "project/.qwen/settings.json";
const MODEL = "claude-opus-4-7";
// In its Anthropic format it sends a temperature, which Opus 4.7 refuses.
const ANTHROPIC_MODEL = "claude-opus-4-6";
const OPENAI_KEY = "sk-proj-0123456789abcdefghij";

const client = {
  tool: "qwen-code",
  ask(given) {
    const { folder, home, env } = given;
    const limitMs = given.hangs && !given.wasAsked ? HANG_LIMIT_MS : ANSWER_LIMIT_MS;
    given.wasAsked = true;
    return runProgram(programIn(folder, "qwen"), ["say hi to us"], { home, env, limitMs });
  },
};

const quiet = { privacy: { usageStatisticsEnabled: false }, telemetry: { enabled: false } };

/** Settings with a model of the user's own; what is undefined is left out. The address stands in 13:20, the key in 19:15. */
function settingsOf(given, { type = "openai", model = MODEL, key = given.key, ...address }) {
  const entry = { id: model, name: "mine", baseUrl: `${given.sandbox.url}/v1`, ...address, envKey: "MINE" };
  return {
    ...quiet,
    modelProviders: { [type]: [entry] },
    env: { MINE: key },
    security: { auth: { selectedType: type } },
    model: { name: model },
  };
}

/** Nothing but variables decides then. */
const byVariables = (env) => ({ ...quiet, security: { auth: { selectedType: "openai" } }, ...(env && { env }) });

const variablesOf = ({ sandbox, key }, more) => ({
  OPENAI_BASE_URL: `${sandbox.url}/v1`,
  OPENAI_API_KEY: key,
  OPENAI_MODEL: MODEL,
  ...more,
});

const own = (row, title, settings, more) => ({
  row,
  title,
  breakSetup: async (given) => given.write(FILE, settingsOf(given, await settings(given))),
  mend: "fix",
  ...more,
});

const base = (row, title, shows, paste, { settings = {}, code = "base-url-path", right = (url) => `${url}/v1` } = {}) =>
  own(row, title, (given) => ({ baseUrl: paste(given.sandbox.url), ...settings }), {
    shows,
    code,
    names: (given) => [paste(given.sandbox.url), `${given.path(FILE)}:13:20`],
    right: ({ sandbox }) => `right value is ${right(sandbox.url)}`,
  });

const anthropic = { settings: { type: "anthropic", model: ANTHROPIC_MODEL }, right: (url) => url };

/** The rows of docs/doctor.md that are run. */
export const cases = [
  base(1, "/v1, in Anthropic's format", /Not found: POST \/v1\/v1\/messages/, (url) => `${url}/v1`, anthropic),
  base(2, "the route as base, in Anthropic's format", /404/, (url) => `${url}/v1/messages`, anthropic),
  own(4, "a model that isn't offered", () => ({ model: "claude-opus-5-5" }), {
    shows: /404 model: claude-opus-5-5/,
    code: "model-unknown",
    names: ({ path }) => ["claude-opus-5-5", path(FILE)],
    right: MODEL,
  }),
  base(5, "the bare host", /404 Not found/, (url) => url),
  {
    row: 5,
    title: "the bare host in the shell",
    breakSetup(given) {
      given.write(FILE, byVariables());
      return variablesOf(given, { OPENAI_BASE_URL: given.sandbox.url });
    },
    shows: /404 Not found/,
    code: "base-url-path",
    names: ["OPENAI_BASE_URL in the shell"],
    right: ({ sandbox }) => `right value is ${sandbox.url}/v1`,
    mend: "fix",
  },
  base(6, "/v1 twice", /404 Not found/, (url) => `${url}/v1/v1`),
  base(7, "the route as base", /404 Not found/, (url) => `${url}/v1/chat/completions`),
  base(9, "no scheme", /Invalid URL/, (url) => `${url.replace("http://", "")}/v1`, { code: "base-url-invalid" }),
  base(10, "https to plain http", /WRONG_VERSION_NUMBER/, (url) => `${url.replace("http:", "https:")}/v1`, {
    code: "base-url-scheme",
  }),
  own(
    12,
    "no base",
    (given) => {
      given.hangs = true;
      return { baseUrl: undefined };
    },
    {
      code: "base-url-missing",
      names: ({ path }) => [path(FILE)],
      right: ({ sandbox }) => `right value is ${sandbox.url}/v1`,
    },
  ),
  own(13, "another vendor's key", () => ({ key: OPENAI_KEY }), {
    shows: /401/,
    code: "credential-vendor",
    names: ({ path }) => [`${path(FILE)}:19:13`],
  }),
  own(15, "a revoked key", () => ({ key: "zk_sandbox_revoked" }), {
    shows: /401/,
    code: "credential-rejected",
    names: ({ path }) => [`${path(FILE)}:19:13`],
  }),
  {
    row: 19,
    title: "a comma that is missing",
    breakSetup(given) {
      given.write(FILE, settingsOf(given, {}));
      given.write(FILE, given.read(FILE).replace('"name": "mine",', '"name": "mine"'));
    },
    code: "settings-invalid",
    names: ({ path }) => [`${path(FILE)}:13:9`],
    mend: "words",
  },
  {
    row: 20,
    title: "a project's entry wins over the user's",
    breakSetup(given) {
      given.write(FILE, settingsOf(given, {}));
      const entry = { id: MODEL, name: "team", baseUrl: given.sandbox.url, envKey: "MINE" };
      given.write(PROJECT, { modelProviders: { openai: [entry] } });
    },
    shows: /404 Not found/,
    code: "base-url-path",
    names: ({ path }) => [`${path(PROJECT)}:7:20`],
    right: ({ sandbox }) => `right value is ${sandbox.url}/v1`,
    mend: "fix",
  },
  {
    row: 20,
    title: "the shell wins over the variables of the settings",
    breakSetup(given) {
      given.hangs = true;
      given.write(FILE, byVariables(variablesOf(given, {})));
      return { OPENAI_BASE_URL: "https://api.openai.com/v1" };
    },
    code: "setting-overridden",
    names: ["OPENAI_BASE_URL in the shell", "https://api.openai.com/v1"],
    mend: "fix",
  },
  own(24, "a character that nobody sees, in the key", ({ key }) => ({ key: key.replace("_", "_\u200b") }), {
    shows: /ByteString/,
    code: "credential-shape",
    names: ({ path }) => [`${path(FILE)}:19:13`],
  }),
  daemonStopped({ hangs: true }),
  proxyTakesAll(26, (given) => given.write(FILE, settingsOf(given, {}))),
  {
    row: 50,
    title: "the port of a daemon that has moved",
    async breakSetup(given) {
      await given.startDaemon();
      given.hangs = true;
      given.write(FILE, settingsOf(given, { baseUrl: `http://127.0.0.1:${await closedPort()}/v1`, key: given.token }));
    },
    code: "base-url-port",
    names: ({ path }) => [`${path(FILE)}:13:20`],
    right: ({ daemonUrl }) => `right value is ${daemonUrl}/v1`,
    mend: "fix",
  },
  {
    row: 51,
    title: "localhost",
    async breakSetup(given) {
      await given.startDaemon();
      given.write(FILE, settingsOf(given, { baseUrl: `http://localhost:${given.port}/v1`, key: given.token }));
    },
    answers: true,
    code: "base-url-host",
    isWarning: true,
    names: ({ path }) => [`${path(FILE)}:13:20`],
    right: ({ daemonUrl }) => `right value is ${daemonUrl}/v1`,
    mend: "fix",
  },
  {
    row: 55,
    title: "QWEN_HOME leads elsewhere",
    breakSetup(given) {
      given.hangs = true;
      given.write(FILE, settingsOf(given, {}));
      return { QWEN_HOME: given.path("elsewhere") };
    },
    code: "wrong-home",
    names: ({ path }) => ["QWEN_HOME", path(FILE)],
    mend: "words",
  },
];

export default {
  configuredBy: "doctor --fix",
  versions: ["0.24.4"],
  // the same program as of the client qwen-code: it is installed once
  installedAs: "qwen-code",
  packages: (version) => ({ "@qwen-code/qwen-code": version }),
  run: (context) => runCases(client, cases, context),
};
