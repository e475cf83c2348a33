// The doctor's rows with Continue's command line (cn). Its models stand in a list of YAML: the one at fault is mended where it stands.

import { createServer } from "node:http";
import { closedPort, programIn } from "../support/daemon.mjs";
import { daemonStopped } from "../support/daemon-cases.mjs";
import { runCases } from "../support/mended.mjs";
import { runProgram } from "../support/programs.mjs";

const ANSWER_LIMIT_MS = 60_000;
const FILE = ".continue/config.yaml";
const OPENAI_KEY = "sk-proj-0123456789abcdefghij";

const client = {
  tool: "continue",
  ask: ({ folder, home, env }) =>
    runProgram(programIn(folder, "cn"), ["-p", "say hi to us"], {
      home,
      env: { CONTINUE_TELEMETRY_ENABLED: "0", ...env },
      limitMs: ANSWER_LIMIT_MS,
    }),
};

/** A file as people write it, with comments; what is undefined is left out. */
function write(given, model, after = "") {
  const all = {
    provider: "openai",
    model: "claude-opus-4-7",
    apiBase: `${given.sandbox.url}/v1`,
    apiKey: given.key,
    ...model,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`    ${name}: ${value}`]));
  const head = "# mine\nname: my config   # as I call it\nversion: 1.0.0\nschema: v1\nmodels:\n  - name: Opus\n";
  given.write(FILE, `${head}${lines.join("\n")} # why\n    roles: [chat]\n${after}`);
}

const wrongModel = (row, title, model, more) => ({
  row,
  title,
  breakSetup: (given) => write(given, model(given)),
  mend: "fix",
  ...more,
});

const wrongBase = (row, title, shows, paste, more = {}) =>
  wrongModel(row, title, (given) => ({ apiBase: paste(given.sandbox.url), ...more.model }), {
    shows,
    code: more.code ?? "base-url-path",
    names: (given) => [paste(given.sandbox.url), `${given.path(FILE)}:9:14`],
    right: ({ sandbox }) => `right value is ${sandbox.url}/v1`,
  });

/** Somebody else, on the other address of this machine that is called localhost. */
async function strangerOn(port, given) {
  const server = createServer((_request, response) => response.writeHead(404).end("not here"));
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "::1", resolve));
  given.onEnd(() => server.close().closeAllConnections());
}

/** The rows of docs/doctor.md that are run. */
export const cases = [
  wrongModel(4, "a model that isn't offered", () => ({ model: "claude-opus-5-5" }), {
    shows: /404 model: claude-opus-5-5/,
    code: "model-unknown",
    names: ({ path }) => ["claude-opus-5-5", `${path(FILE)}:8:12`],
    right: "claude-opus-4-7",
  }),
  wrongBase(5, "the bare host", /404 Not found/, (base) => base),
  wrongBase(6, "/v1 twice", /404 Not found/, (base) => `${base}/v1/v1`),
  wrongBase(7, "the route as base", /404 Not found/, (base) => `${base}/v1/chat/completions`),
  wrongBase(8, "the bare host in Anthropic's format", /Not found: POST \/messages/, (base) => base, {
    model: { provider: "anthropic" },
  }),
  wrongBase(9, "no scheme", /Invalid URL/, (base) => `${base.replace("http://", "")}/v1`, { code: "base-url-invalid" }),
  wrongBase(10, "https to plain http", /Connection error/, (base) => `${base.replace("http:", "https:")}/v1`, {
    code: "base-url-scheme",
  }),
  ...["openai", "anthropic"].map((provider) =>
    wrongModel(12, `no base, ${provider}'s format`, () => ({ provider, apiBase: undefined }), {
      shows: /Connection error|EAI_AGAIN|ENOTFOUND/,
      code: "base-url-missing",
      names: ({ path }) => [`${path(FILE)}:6:5`],
      right: ({ sandbox }) => `right value is ${sandbox.url}/v1`,
    }),
  ),
  wrongModel(13, "another vendor's key", () => ({ apiKey: OPENAI_KEY }), {
    shows: /401/,
    code: "credential-vendor",
    names: ({ path }) => [`${path(FILE)}:10:13`],
  }),
  wrongModel(15, "a revoked key", () => ({ apiKey: "zk_sandbox_revoked" }), {
    shows: /401/,
    code: "credential-rejected",
    names: ({ path }) => [`${path(FILE)}:10:13`],
  }),
  {
    row: 19,
    title: "a tab before a key",
    breakSetup(given) {
      write(given, {});
      given.write(FILE, given.read(FILE).replace("    model:", "\tmodel:"));
    },
    shows: /Failed to parse config/,
    code: "settings-invalid",
    names: ({ path }) => [`${path(FILE)}:8:1`],
    mend: "words",
  },
  wrongModel(24, "a character that nobody sees, in the key", ({ key }) => ({ apiKey: key.replace("_", "_\u200b") }), {
    shows: /ByteString/,
    code: "credential-shape",
    names: ({ path }) => [`${path(FILE)}:10:13`],
  }),
  daemonStopped({ shows: /Connection error/ }),
  {
    row: 26,
    title: "a proxy variable for all of http",
    async breakSetup(given) {
      write(given, {});
      return { HTTP_PROXY: `http://127.0.0.1:${await closedPort()}`, NO_PROXY: "intranet.example" };
    },
    shows: /Connection error/,
    code: "no-proxy-missing",
    names: ["HTTP_PROXY in the shell"],
    right: "export NO_PROXY=intranet.example,127.0.0.1,localhost,::1",
    mend: "words",
  },
  {
    row: 50,
    title: "the port of a daemon that has moved",
    async breakSetup(given) {
      await given.startDaemon();
      write(given, { apiBase: `http://127.0.0.1:${await closedPort()}/v1`, apiKey: given.token });
    },
    shows: /Connection error/,
    code: "base-url-port",
    names: ({ path }) => [`${path(FILE)}:9:14`],
    right: ({ daemonUrl }) => `right value is ${daemonUrl}/v1`,
    mend: "fix",
  },
  {
    row: 51,
    title: "localhost, whose other address is somebody else's",
    async breakSetup(given) {
      const port = await closedPort();
      await strangerOn(port, given);
      await given.startDaemon(port);
      write(given, { apiBase: `http://localhost:${port}/v1`, apiKey: given.token });
    },
    answers: true,
    code: "base-url-host",
    isWarning: true,
    names: ({ path }) => [`${path(FILE)}:9:14`],
    right: ({ daemonUrl }) => `right value is ${daemonUrl}/v1`,
    mend: "fix",
  },
  {
    row: 55,
    title: "CONTINUE_GLOBAL_DIR leads elsewhere",
    breakSetup(given) {
      write(given, {});
      return { CONTINUE_GLOBAL_DIR: given.path("elsewhere") };
    },
    code: "wrong-home",
    names: ({ path }) => ["CONTINUE_GLOBAL_DIR", path(FILE)],
    mend: "words",
  },
];

export default {
  configuredBy: "doctor --fix",
  versions: ["1.5.47"],
  // the same program as of the client continue: it is installed once
  installedAs: "continue",
  packages: (version) => ({ "@continuedev/cli": version }),
  run: (context) => runCases(client, cases, context),
};
