// The doctor's rows with the real Cline. It hangs where nobody answers, and a file of providers that it can't read it replaces by one of its
// own: what the user had there is gone. It leaves a hub behind, which is found by its home and ended with it.
import { delimiter, join } from "node:path";
import { closedPort, programIn } from "../support/daemon.mjs";
import { runCases } from "../support/mended.mjs";
import { cleanEnv, runProgram } from "../support/programs.mjs";

const ANSWER_LIMIT_MS = 90_000;
/** Long enough for an answer, if there were one. */
const WAIT_LIMIT_MS = 20_000;
const FILE = ".cline/data/settings/providers.json";
const COMPATIBLE = "openai-compatible";
const OPENAI_KEY = "sk-proj-0123456789abcdefghij0123456789";
const ANTHROPIC_KEY = "sk-ant-api03-0123456789abcdefghij0123456789";
const OLD_TOKEN = `zxl_${"0123456789".repeat(5).slice(0, 43)}`;
const REVOKED_KEY = "zk_sandbox_revoked";

const client = {
  tool: "cline",
  // Sessions, logs and the hub's own: it goes on writing between two prompts.
  keeps: /^\.cline\/(?!data\/settings\/)/,
  ask(given) {
    const { folder, home, env, isMended } = given;
    // Once it is mended it gets its time.
    const limitMs = isMended ? ANSWER_LIMIT_MS : (given.limitMs ?? ANSWER_LIMIT_MS);
    const variables = { CLINE_TELEMETRY_DISABLED: "1", ...env };
    return runProgram(programIn(folder, "cline"), ["say hi to us"], { home, env: variables, limitMs });
  },
};

/** An entry with a token of ours counts as setup's own, which an undo takes out as a whole. */
const BESIDE_TOKEN = { undoes: false };

/** A file of providers with one entry: its key stands in line 9, its model in line 10, its base in line 11. */
const providers = (settings, id = COMPATIBLE) => ({
  version: 1,
  lastUsedProvider: id,
  modes: {},
  providers: {
    [id]: { settings: { provider: id, ...settings }, updatedAt: "2026-11-22T11:57:37.590Z", tokenSource: "manual" },
  },
});

/** An entry at the hosted API itself, right but for what is given. */
const atHosted =
  ({ base, key, model = "claude-opus-4-7", id = COMPATIBLE, waits = false }) =>
  (given) => {
    const baseUrl = base === undefined ? `${given.sandbox.url}/v1` : base(given.sandbox.url);
    const apiKey = key === undefined ? given.key : key(given);
    given.write(FILE, providers({ apiKey, model, ...(baseUrl === null ? {} : { baseUrl }) }, id));
    if (waits) given.limitMs = WAIT_LIMIT_MS;
  };

/** The same at the daemon. */
const atDaemon =
  ({ base = (url) => `${url}/v1`, key = ({ token }) => token, model = "claude-opus-4-7", waits = false } = {}) =>
  async (given) => {
    await given.startDaemon();
    given.write(FILE, providers({ apiKey: key(given), model, baseUrl: base(given.daemonUrl) }));
    if (waits) given.limitMs = WAIT_LIMIT_MS;
  };

const at = (line, column) => (given) => [`${given.path(FILE)}:${line}:${column}`];
const hostedBase = ({ sandbox }) => `right value is ${sandbox.url}/v1`;
const daemonBase = ({ daemonUrl }) => `right value is ${daemonUrl}/v1`;

const pasted = [
  { row: 5, title: "the bare host", base: (url) => url, shows: /Not found: POST \/chat\/completions/ },
  { row: 6, title: "/v1 twice", base: (url) => `${url}/v1/v1`, shows: /Not found: POST \/v1\/v1\/chat/ },
  {
    row: 7,
    title: "the route",
    base: (url) => `${url}/v1/chat/completions`,
    shows: /Not found: POST .*completions\/chat/,
  },
  {
    row: 7,
    title: "the route of Messages",
    base: (url) => `${url}/v1/messages`,
    shows: /Not found: POST .*messages\/chat/,
  },
].map(({ row, title, base, shows }) => ({
  row,
  title,
  breakSetup: atHosted({ base }),
  shows,
  code: "base-url-path",
  names: (given) => [base(given.sandbox.url), ...at(11, 20)(given)],
  right: hostedBase,
  mend: "fix",
}));

const refused = (row, title, breakSetup, { shows, code, says }) => ({
  row,
  title,
  breakSetup,
  shows,
  code,
  names: (given) => [says, ...at(9, 19)(given)],
  mend: "fix",
});

const proxy = (row, name, more = {}, list = "127.0.0.1,localhost,::1") => ({
  row,
  title: [name, ...Object.keys(more)].join(" and "),
  async breakSetup(given) {
    await atDaemon({ waits: true })(given);
    const PATH = [join(given.folder, "node_modules", ".bin"), cleanEnv(given.home).PATH].join(delimiter);
    return { [name]: `http://127.0.0.1:${await closedPort()}`, ...more, PATH };
  },
  code: "no-proxy-missing",
  names: [`${name} in the shell`],
  right: `export NO_PROXY=${list}; cline hub stop`,
  mend: "words",
});

/** A file that Cline can't read: seen by Cline first, which replaces it, and then by the doctor as it was. */
const unreadable = (title, spoil, place, mend) => {
  const again = (given) => given.write(FILE, spoil(providers(entryAtDaemon(given))));
  return {
    row: 44,
    title,
    async breakSetup(given) {
      await given.startDaemon();
      given.limitMs = WAIT_LIMIT_MS;
      again(given);
    },
    again,
    code: "settings-invalid",
    names: (given) => [given.path(FILE) + place, "logged out"],
    mend,
    ...BESIDE_TOKEN,
  };
};

const entryAtDaemon = ({ token, daemonUrl }) => ({
  apiKey: token,
  model: "claude-opus-4-7",
  baseUrl: `${daemonUrl}/v1`,
});
const asText = (value) => `${JSON.stringify(value, undefined, 2)}\n`;

/** The rows of docs/doctor.md that are run. */
export const cases = [
  ...pasted,
  {
    row: 8,
    title: "the bare host, with Cline's provider for Anthropic's format",
    breakSetup: atHosted({ base: (url) => url, id: "anthropic" }),
    shows: /Not found: POST \/messages/,
    code: "base-url-path",
    names: at(11, 20),
    right: hostedBase,
    mend: "fix",
  },
  ...[
    ["no scheme", (url) => `${url.slice("http://".length)}/v1`],
    ["quotes in the value", (url) => `'${url}/v1'`],
  ].map(([title, base]) => ({
    row: 9,
    title: `${title}: Cline takes the file for an empty one`,
    breakSetup: atHosted({ base, waits: true }),
    again: atHosted({ base }),
    code: "settings-invalid",
    names: (given) => ["must be a URL with its scheme", ...at(11, 20)(given)],
    mend: "fix",
  })),
  {
    row: 10,
    title: "https to what speaks http",
    breakSetup: atHosted({ base: (url) => `https${url.slice("http".length)}/v1`, waits: true }),
    code: "base-url-scheme",
    names: at(11, 20),
    right: hostedBase,
    mend: "fix",
  },
  {
    row: 12,
    title: "our key and no base",
    breakSetup: atHosted({ base: () => null, waits: true }),
    code: "base-url-missing",
    names: ({ path }) => ["providers.openai-compatible.settings.baseUrl", path(FILE)],
    right: hostedBase,
    mend: "fix",
  },
  refused(13, "another vendor's key", atHosted({ key: () => OPENAI_KEY }), {
    shows: /invalid bearer/,
    code: "credential-vendor",
    says: "OpenAI project key",
  }),
  refused(13, "another vendor's key at the daemon", atDaemon({ key: () => ANTHROPIC_KEY }), {
    shows: /a wrong token was sent/,
    code: "credential-vendor",
    says: "Anthropic key",
  }),
  refused(15, "a revoked key", atHosted({ key: () => REVOKED_KEY }), {
    shows: /this key was revoked/,
    code: "credential-rejected",
    says: "this key was revoked",
  }),
  {
    ...refused(15, "a token of before", atDaemon({ key: () => OLD_TOKEN }), {
      shows: /a wrong token was sent/,
      code: "credential-rejected",
      says: "not this daemon's",
    }),
    ...BESIDE_TOKEN,
  },
  refused(24, "a key in quotes", atHosted({ key: ({ key }) => `'${key}'` }), {
    shows: /invalid bearer/,
    code: "credential-shape",
    says: "in quotes",
  }),
  {
    row: 4,
    title: "a model that doesn't exist",
    breakSetup: atHosted({ model: "claude-opus-9" }),
    shows: /claude-opus-9/,
    code: "model-unknown",
    names: (given) => ["claude-opus-9", ...at(10, 18)(given)],
    right: "right value is claude-opus-",
    mend: "fix",
  },
  {
    row: 25,
    title: "the daemon is down",
    async breakSetup(given) {
      await atDaemon({ waits: true })(given);
      await given.stop();
    },
    code: "daemon-stopped",
    names: ({ port }) => [`127.0.0.1:${port}`],
    mend: "fix",
  },
  proxy(26, "HTTP_PROXY"),
  proxy(27, "http_proxy", { NO_PROXY: ".corp.example" }, ".corp.example,127.0.0.1,localhost,::1"),
  unreadable("a comma too many", (value) => asText(value).replace(/"\n {6}\}/, '",\n      }'), ":12:7", "words"),
  unreadable("no version", ({ version: _, ...rest }) => asText(rest), "", "fix"),
  unreadable("a date that is none", (value) => asText(value).replace(/"2026-[^"]*"/, '"yesterday"'), ":13:20", "fix"),
  {
    row: 44,
    title: "what Cline has put in the place of a file that it couldn't read",
    async breakSetup(given) {
      await given.startDaemon();
      given.limitMs = WAIT_LIMIT_MS;
      given.write(FILE, providers({ model: "aion-labs/aion-3.5" }, "cline"));
    },
    isWarning: true,
    code: "tool-not-set-up",
    names: ["Cline is here", "nothing in its settings"],
    right: "zenthrex setup cline",
    mend: "fix",
  },
  {
    row: 50,
    title: "an old port",
    async breakSetup(given) {
      const port = await closedPort();
      await atDaemon({ base: () => `http://127.0.0.1:${port}/v1`, waits: true })(given);
    },
    code: "base-url-port",
    names: at(11, 20),
    right: daemonBase,
    mend: "fix",
    ...BESIDE_TOKEN,
  },
  {
    row: 51,
    title: "localhost",
    breakSetup: atDaemon({ base: (url) => `${url.replace("127.0.0.1", "localhost")}/v1` }),
    answers: true,
    isWarning: true,
    code: "base-url-host",
    names: at(11, 20),
    right: daemonBase,
    mend: "fix",
    ...BESIDE_TOKEN,
  },
  ...["CLINE_DIR", "CLINE_DATA_DIR"].map((variable) => ({
    row: 55,
    title: `${variable} leads elsewhere`,
    async breakSetup(given) {
      await atDaemon({ waits: true })(given);
      return { [variable]: given.path("elsewhere") };
    },
    code: "wrong-home",
    names: ({ path }) => [variable, path("elsewhere"), path(FILE)],
    right: `unset ${variable}`,
    mend: "words",
  })),
];

export default {
  configuredBy: "doctor --fix",
  versions: ["3.0.65"],
  // the same program as of the client cline: it is installed once
  installedAs: "cline",
  packages: (version) => ({ cline: version }),
  run: (context) => runCases(client, cases, context),
};
