// The doctor's rows with GitHub Copilot's command line. It has nothing but the shell's variables: the printed line is carried out.
import { closedPort, programIn } from "../support/daemon.mjs";
import { runCases } from "../support/mended.mjs";
import { runProgram } from "../support/programs.mjs";

const ANSWER_LIMIT_MS = 120_000;
const MODEL_IS_BLAMED = /not found on provider/;
// In Anthropic's format it sends a temperature, which Opus 4.7 refuses.
const ANTHROPIC_MODEL = "claude-haiku-4-5";
const OPENAI_KEY = "sk-proj-0123456789abcdefghij";

const client = {
  tool: "copilot-cli",
  ask: ({ folder, home, env }) =>
    runProgram(programIn(folder, "copilot"), ["-p", "say hi to us", "--allow-all-tools"], {
      home,
      env,
      limitMs: ANSWER_LIMIT_MS,
    }),
};

/** The variables of one who calls the hosted API without a daemon; what is undefined is not set. */
function variablesOf({ sandbox, key }, more = {}) {
  const all = {
    COPILOT_PROVIDER_TYPE: "openai",
    COPILOT_PROVIDER_BASE_URL: `${sandbox.url}/v1`,
    COPILOT_PROVIDER_API_KEY: key,
    COPILOT_MODEL: "claude-opus-4-7",
    ...more,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

const byLine = (row, title, variables, more) => ({
  row,
  title,
  breakSetup: async (given) => variablesOf(given, await variables(given)),
  mend: "words",
  ...more,
});

const base = (row, title, paste, { type = "openai", shows = MODEL_IS_BLAMED, code = "base-url-path" } = {}) => {
  const isAnthropic = type === "anthropic";
  const more = isAnthropic ? { COPILOT_PROVIDER_TYPE: type, COPILOT_MODEL: ANTHROPIC_MODEL } : {};
  return byLine(row, title, ({ sandbox }) => ({ COPILOT_PROVIDER_BASE_URL: paste(sandbox.url), ...more }), {
    shows,
    code,
    names: ({ sandbox }) => [paste(sandbox.url), "COPILOT_PROVIDER_BASE_URL in the shell"],
    right: ({ sandbox }) => `export COPILOT_PROVIDER_BASE_URL=${sandbox.url}${isAnthropic ? "" : "/v1"}`,
  });
};

const DIRECT = 'eval "$(zenthrex setup copilot-cli --direct --print-env)"';

const key = (row, title, wrong, more) =>
  byLine(row, title, (given) => ({ COPILOT_PROVIDER_API_KEY: wrong(given) }), {
    names: ["COPILOT_PROVIDER_API_KEY"],
    right: DIRECT,
    ...more,
  });

/** The rows of docs/doctor.md that are run. */
export const cases = [
  base(1, "/v1, in Anthropic's format", (url) => `${url}/v1`, { type: "anthropic" }),
  base(2, "the route as base, in Anthropic's format", (url) => `${url}/v1/messages`, { type: "anthropic" }),
  base(3, "the route of Chat Completions, in Anthropic's format", (url) => `${url}/v1/chat/completions`, {
    type: "anthropic",
  }),
  byLine(4, "a model that isn't offered", () => ({ COPILOT_MODEL: "claude-opus-5-5" }), {
    shows: MODEL_IS_BLAMED,
    code: "model-unknown",
    names: ["COPILOT_MODEL in the shell", "claude-opus-5-5"],
    right: "export COPILOT_MODEL=claude-opus-4-7",
  }),
  base(5, "the bare host", (url) => url),
  base(6, "/v1 twice", (url) => `${url}/v1/v1`),
  base(7, "the route as base", (url) => `${url}/v1/chat/completions`),
  base(9, "no scheme", (url) => `${url.replace("http://", "")}/v1`, {
    shows: /invalid URL/,
    code: "base-url-invalid",
  }),
  base(10, "https to plain http", (url) => `${url.replace("http:", "https:")}/v1`, {
    shows: /wrong version number/,
    code: "base-url-scheme",
  }),
  byLine(12, "no base", () => ({ COPILOT_PROVIDER_BASE_URL: undefined }), {
    code: "base-url-missing",
    names: ["COPILOT_PROVIDER_BASE_URL in the shell"],
    right: ({ sandbox }) => `export COPILOT_PROVIDER_BASE_URL=${sandbox.url}/v1`,
  }),
  key(13, "another vendor's key", () => OPENAI_KEY, { code: "credential-vendor" }),
  key(15, "a revoked key", () => "zk_sandbox_revoked", { code: "credential-rejected" }),
  key(24, "a character that nobody sees, in the key", (given) => given.key.replace("_", "_\u200b"), {
    code: "credential-shape",
  }),
  {
    row: 25,
    title: "the daemon isn't running",
    async breakSetup(given) {
      const daemon = await given.startDaemon();
      await daemon.stop();
      return variablesOf(given, {
        COPILOT_PROVIDER_BASE_URL: `${given.daemonUrl}/v1`,
        COPILOT_PROVIDER_API_KEY: given.token,
      });
    },
    code: "daemon-stopped",
    mend: "fix",
  },
  byLine(
    26,
    "a proxy variable for all of http",
    async () => ({ HTTP_PROXY: `http://127.0.0.1:${await closedPort()}` }),
    {
      code: "no-proxy-missing",
      names: ["HTTP_PROXY in the shell"],
      right: "export NO_PROXY=127.0.0.1,localhost,::1",
    },
  ),
  {
    row: 50,
    title: "the port of a daemon that has moved",
    async breakSetup(given) {
      await given.startDaemon();
      const old = `http://127.0.0.1:${await closedPort()}/v1`;
      return variablesOf(given, { COPILOT_PROVIDER_BASE_URL: old, COPILOT_PROVIDER_API_KEY: given.token });
    },
    code: "base-url-port",
    names: ["COPILOT_PROVIDER_BASE_URL in the shell"],
    right: ({ daemonUrl }) => `export COPILOT_PROVIDER_BASE_URL=${daemonUrl}/v1`,
    mend: "words",
  },
];

export default {
  configuredBy: "doctor --fix",
  versions: ["1.0.102"],
  // the same program as of the client copilot-cli: it is installed once
  installedAs: "copilot-cli",
  packages: (version) => ({ "@github/copilot": version }),
  run: (context) => runCases(client, cases, context),
};
