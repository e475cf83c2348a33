// The doctor's rows with the real Codex and providers of the user's own, which setup doesn't write. Codex tries again for long, waits for
// ever for an address where nobody listens, and refuses to start with what its last version took.
import { closedPort, programIn } from "../support/daemon.mjs";
import { runCases } from "../support/mended.mjs";
import { runProgram } from "../support/programs.mjs";

const ANSWER_LIMIT_MS = 60_000;
/** Long enough to see that it waits. */
const WAIT_LIMIT_MS = 10_000;
const CONFIG = ".codex/config.toml";
const VARIABLE = "MY_KEY";
const OTHERS_KEY = "sk-proj-0123456789abcdefghij0123456789";
const OLD_TOKEN = `zxl_${"0123456789".repeat(5).slice(0, 43)}`;
const WAITS = /Reconnecting\.\.\. waiting for network/;
const REFUSED = /401 Unauthorized/;

const client = {
  tool: "codex",
  ask(given) {
    const { folder, home, env, args = [], isMended } = given;
    // Once it is mended it gets its time.
    const limitMs = isMended ? ANSWER_LIMIT_MS : (given.limitMs ?? ANSWER_LIMIT_MS);
    const line = ["exec", "--skip-git-repo-check", ...args, "say hi to us"];
    return runProgram(programIn(folder, "codex"), line, { home, env, limitMs });
  },
};

/** The user's own config.toml: the base stands in line 9, the credential in line 10, wire_api in line 11. */
const config = (
  base,
  {
    credential = `env_key = "${VARIABLE}"`,
    wire = "responses",
    model = "claude-opus-4-7",
    provider = "mine",
    top = "",
    more = "",
  } = {},
) => `# mine
model = "${model}"
model_provider = "${provider}" # not OpenAI
check_for_update_on_startup = false
analytics.enabled = false
${top}
[model_providers.mine]
name = "My gateway"
base_url = "${base}"
${credential}
wire_api = "${wire}"
request_max_retries = 0
stream_max_retries = 0
${more}`;

/** Such a config.toml, its base made of the daemon's; the variable holds the daemon's token unless `env` says otherwise. */
const withConfig =
  ({ paste = (base) => `${base}/v1`, settings = {}, env, waits = false } = {}) =>
  async (given) => {
    await given.startDaemon();
    const made = typeof settings === "function" ? settings(given) : settings;
    given.write(CONFIG, config(paste(given.daemonUrl, given), made));
    if (waits) given.limitMs = WAIT_LIMIT_MS;
    return env === undefined ? { [VARIABLE]: given.token } : env(given);
  };

const at = (line, column) => (given) => [`${given.path(CONFIG)}:${line}:${column}`];
const rightBase = ({ daemonUrl }) => `right value is ${daemonUrl}/v1`;

/** What people paste, in rows of docs/doctor.md. */
const pasted = [
  { row: 5, title: "the bare host", paste: (base) => base },
  { row: 6, title: "/v1 twice", paste: (base) => `${base}/v1/v1` },
  { row: 7, title: "the route of Responses", paste: (base) => `${base}/v1/responses` },
  { row: 7, title: "the route of Chat Completions", paste: (base) => `${base}/v1/chat/completions` },
];

/** Old guides name the hosted API, which has no Responses: Codex gets a 404 whatever stands behind the host. */
const atHosted = [{ row: 42, title: "/v1", paste: (base) => `${base}/v1` }, ...pasted].map(({ row, title, paste }) => ({
  row,
  title: `${title} at the hosted API itself, which has no Responses`,
  breakSetup: withConfig({
    paste: (_daemon, { sandbox }) => paste(sandbox.url),
    env: ({ key }) => ({ [VARIABLE]: key }),
  }),
  shows: /404 Not Found/,
  code: "wire-api",
  names: (given) => [paste(given.sandbox.url), ...at(9, 12)(given)],
  right: rightBase,
  mend: "fix",
}));

/** The daemon repairs these, so that Codex answers: they bite with any other gateway. */
const atDaemon = pasted.map(({ row, title, paste }) => ({
  row,
  title: `${title} at the daemon, which repairs it`,
  breakSetup: withConfig({ paste }),
  answers: true,
  isWarning: true,
  code: "base-url-path",
  names: (given) => [paste(given.daemonUrl), ...at(9, 12)(given)],
  right: rightBase,
  mend: "fix",
}));

const wrongAddress = (row, title, paste, { shows, code, waits, names = at(9, 12), ...more }) => ({
  row,
  title,
  breakSetup: withConfig({ paste, waits }),
  shows,
  code,
  names,
  right: rightBase,
  mend: "fix",
  ...more,
});

const inFile = (text) => ({
  settings: (given) => ({ credential: `experimental_bearer_token = "${text(given)}"` }),
  env: () => ({}),
});
const inVariable = (text) => ({ env: (given) => ({ [VARIABLE]: text(given) }) });

/** A credential that the daemon refuses, in the variable and in the file. */
const credentials = [
  {
    row: 13,
    title: "another vendor's key",
    text: () => OTHERS_KEY,
    code: "credential-vendor",
    says: "OpenAI project key",
  },
  {
    row: 15,
    title: "a token of before",
    text: () => OLD_TOKEN,
    code: "credential-rejected",
    says: "not this daemon's",
  },
  {
    row: 24,
    title: "an invisible character behind the token",
    text: ({ token }) => `${token}\u200b`,
    code: "credential-shape",
    says: "invisible character",
  },
].flatMap(({ row, title, text, code, says }) => [
  {
    row,
    title: `${title}, in the variable`,
    breakSetup: withConfig(inVariable(text)),
    shows: REFUSED,
    code,
    names: [`${VARIABLE} `, "in the shell", says],
    right: "experimental_bearer_token to the local token",
    mend: "fix",
  },
  {
    row,
    title: `${title}, in config.toml`,
    breakSetup: withConfig(inFile(text)),
    shows: REFUSED,
    code,
    names: (given) => [says, ...at(10, 29)(given)],
    right: "experimental_bearer_token to the local token",
    mend: "fix",
  },
]);

const proxies = [
  { row: 26, title: "HTTP_PROXY", variables: (proxy) => ({ HTTP_PROXY: proxy }), name: "HTTP_PROXY" },
  { row: 27, title: "ALL_PROXY", variables: (proxy) => ({ ALL_PROXY: proxy }), name: "ALL_PROXY" },
  {
    row: 27,
    title: "http_proxy, with a NO_PROXY of the company's",
    variables: (proxy) => ({ http_proxy: proxy, NO_PROXY: ".corp.example" }),
    name: "http_proxy",
    list: ".corp.example,127.0.0.1,localhost,::1",
  },
].map(({ row, title, variables, name, list = "127.0.0.1,localhost,::1" }) => ({
  row,
  title,
  async breakSetup(given) {
    const env = await withConfig({ waits: true })(given);
    return { ...env, ...variables(`http://127.0.0.1:${await closedPort()}`) };
  },
  shows: WAITS,
  code: "no-proxy-missing",
  names: [`${name} in the shell`],
  right: `export NO_PROXY=${list}`,
  mend: "words",
}));

/** The rows of docs/doctor.md that are run. */
export const cases = [
  ...atHosted,
  ...atDaemon,
  wrongAddress(9, "no scheme", (base) => `${base.slice("http://".length)}/v1`, {
    shows: /builder error/,
    code: "base-url-invalid",
  }),
  wrongAddress(9, "quotes in the value", (base) => `'${base}/v1'`, {
    shows: /builder error/,
    code: "base-url-invalid",
  }),
  wrongAddress(10, "https to the daemon", (base) => `https${base.slice("http".length)}/v1`, {
    shows: WAITS,
    waits: true,
    code: "base-url-scheme",
  }),
  ...credentials,
  {
    row: 24,
    title: "a line end behind the token, in the variable",
    breakSetup: withConfig(inVariable(({ token }) => `${token}\n`)),
    shows: REFUSED,
    code: "credential-shape",
    names: [VARIABLE, "in the shell", "line end"],
    right: "experimental_bearer_token to the local token",
    mend: "fix",
  },
  {
    row: 4,
    title: "a model that doesn't exist, in a trusted project",
    async breakSetup(given) {
      const more = `[projects."${given.path("project")}"]\ntrust_level = "trusted"\n`;
      const env = await withConfig({ settings: { more } })(given);
      given.write("project/.codex/config.toml", 'model = "llama-9"\n');
      return env;
    },
    shows: /has no model "llama-9"/,
    code: "model-unknown",
    names: ({ path }) => ["llama-9", `${path("project/.codex/config.toml")}:1:9`],
    right: "right value is claude-opus-4-7",
    mend: "fix",
  },
  {
    row: 20,
    title: "a profile's base over the right one",
    async breakSetup(given) {
      const env = await withConfig()(given);
      given.write(".codex/work.config.toml", `[model_providers.mine]\nbase_url = "${given.sandbox.url}/v1"\n`);
      given.args = ["--profile", "work"];
      return env;
    },
    shows: /404 Not Found/,
    // Nobody knows whether the profile is chosen.
    isWarning: true,
    code: "wire-api",
    names: ({ path, sandbox }) => [`${path(".codex/work.config.toml")}:2:12`, `${sandbox.url}/v1`],
    right: rightBase,
    mend: "fix",
  },
  {
    row: 20,
    title: "a variable that isn't set, over a token in the file",
    breakSetup: withConfig({
      settings: ({ token }) => ({
        credential: `env_key = "${VARIABLE}"`,
        more: `experimental_bearer_token = "${token}"\n`,
      }),
      env: () => ({}),
    }),
    shows: /Missing environment variable/,
    code: "credential-missing",
    names: (given) => [VARIABLE, ...at(10, 11)(given)],
    mend: "fix",
  },
  {
    row: 25,
    title: "the daemon is down",
    async breakSetup(given) {
      const env = await withConfig({ waits: true })(given);
      await given.stop();
      return env;
    },
    shows: WAITS,
    code: "daemon-stopped",
    names: ({ port }) => [`127.0.0.1:${port}`],
    mend: "fix",
  },
  ...proxies,
  {
    row: 42,
    title: "wire_api = chat",
    breakSetup: withConfig({ settings: { wire: "chat" } }),
    shows: /`wire_api = "chat"` is no longer supported/,
    code: "wire-api",
    names: at(11, 12),
    right: "right value is responses",
    mend: "fix",
  },
  {
    row: 42,
    title: "wire_api = chat at the hosted API, as old guides say",
    breakSetup: withConfig({
      paste: (_daemon, { sandbox }) => `${sandbox.url}/v1`,
      settings: { wire: "chat" },
      env: ({ key }) => ({ [VARIABLE]: key }),
    }),
    shows: /`wire_api = "chat"` is no longer supported/,
    code: "wire-api",
    names: at(11, 12),
    right: "right value is responses",
    mend: "fix",
  },
  {
    row: 19,
    title: "a profile in the old form",
    breakSetup: withConfig({
      settings: { top: 'profile = "work"', more: '[profiles.work]\nmodel = "claude-opus-4-7"\n' },
    }),
    shows: /legacy `profile = "work"` config is no longer supported/,
    code: "settings-invalid",
    names: at(6, 11),
    mend: "fix",
  },
  {
    row: 19,
    title: "a provider's name with a typing mistake",
    breakSetup: withConfig({ settings: { provider: "mime" } }),
    shows: /Model provider `mime` not found/,
    code: "provider-unknown",
    names: (given) => ["mime", ...at(3, 18)(given)],
    right: "right value is mine",
    mend: "fix",
  },
  ...["token", "key"].map((secret) => ({
    row: 43,
    title: `the ${secret} in the place of the variable's name`,
    breakSetup: withConfig({ settings: (given) => ({ credential: `env_key = "${given[secret]}"` }), env: () => ({}) }),
    shows: /Missing environment variable/,
    code: "credential-place",
    names: at(10, 11),
    right: "the name of a variable",
    mend: "fix",
  })),
  {
    row: 43,
    title: "a variable that isn't exported",
    breakSetup: withConfig({ env: () => ({}) }),
    shows: /Missing environment variable: `MY_KEY`/,
    code: "credential-missing",
    names: (given) => [VARIABLE, ...at(10, 11)(given)],
    mend: "fix",
  },
  {
    row: 50,
    title: "an old port",
    async breakSetup(given) {
      const port = await closedPort();
      return withConfig({ paste: () => `http://127.0.0.1:${port}/v1`, waits: true })(given);
    },
    shows: WAITS,
    code: "base-url-port",
    names: at(9, 12),
    right: rightBase,
    mend: "fix",
  },
  {
    row: 50,
    title: "an old port in setup's own profile",
    async breakSetup(given) {
      await given.setUp();
      await given.stop();
      await given.startDaemon();
      given.args = ["--profile", "zenthrex"];
      given.limitMs = WAIT_LIMIT_MS;
    },
    shows: WAITS,
    code: "base-url-port",
    names: ({ path }) => [path(".codex/zenthrex.config.toml")],
    right: rightBase,
    mend: "fix",
    // The undo takes all of setup's away, not its last run.
    undoes: false,
  },
  wrongAddress(51, "localhost", (base) => `${base.replace("127.0.0.1", "localhost")}/v1`, {
    answers: true,
    isWarning: true,
    code: "base-url-host",
  }),
  {
    row: 54,
    title: "a suffix for a window that the model doesn't have",
    breakSetup: withConfig({ settings: { model: "claude-opus-4-7[1m]" } }),
    answers: true,
    isWarning: true,
    code: "model-window",
    names: (given) => ["claude-opus-4-7[1m]", ...at(2, 9)(given)],
    right: "right value is claude-opus-4-7-1m",
    mend: "fix",
  },
  {
    row: 55,
    title: "CODEX_HOME in the shell leads elsewhere",
    async breakSetup(given) {
      const env = await withConfig({ waits: true })(given);
      given.write("elsewhere/config.toml", 'model = "claude-opus-4-7"\ncheck_for_update_on_startup = false\n');
      return { ...env, CODEX_HOME: given.path("elsewhere") };
    },
    code: "wrong-home",
    names: ({ path }) => ["CODEX_HOME", path("elsewhere"), path(CONFIG)],
    right: "unset CODEX_HOME",
    mend: "words",
  },
];

export default {
  configuredBy: "doctor --fix",
  versions: ["0.169.0"],
  // the same program as of the client codex: it is installed once
  installedAs: "codex",
  packages: (version) => ({ "@openai/codex": version }),
  run: (context) => runCases(client, cases, context),
};
