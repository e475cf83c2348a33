// The doctor's rows with the real Claude Code. It hides what is wrong: it blames the model, or tries again for minutes.
import { programIn } from "../support/daemon.mjs";
import { runCases } from "../support/mended.mjs";
import { quietEnv, runProgram } from "../support/programs.mjs";

const ANSWER_LIMIT_MS = 60_000;
const MODEL_IS_BLAMED = /issue with the selected model/;
const USER = ".claude/settings.json";
const PROJECT = "project/.claude/settings.json";
const LOCAL = "project/.claude/settings.local.json";
const MODEL = { ANTHROPIC_MODEL: "claude-opus-4-7" };

const client = {
  tool: "claude-code",
  ask: ({ folder, home, env }) =>
    runProgram(programIn(folder, "claude"), ["-p", "say hi to us"], {
      home,
      env: { CLAUDE_CODE_MAX_RETRIES: "1", ...quietEnv, ...env },
      limitMs: ANSWER_LIMIT_MS,
    }),
};

/** What works: the hosted API without a daemon. */
const direct = ({ sandbox, key }, more = {}) => ({
  ANTHROPIC_BASE_URL: sandbox.url,
  ANTHROPIC_AUTH_TOKEN: key,
  ...MODEL,
  ...more,
});

/** The layers in which a variable can stand: each writes the whole of them, and says how the doctor calls the first one's place. */
const layers = [
  { title: "the shell", put: (_given, variables) => variables, place: () => "in the shell" },
  ...[
    ["settings.json", USER],
    ["a project's settings.json", PROJECT],
    ["settings.local.json", LOCAL],
  ].map(([title, file]) => ({
    title,
    put: (given, variables) => {
      given.write(file, { env: variables });
      return {};
    },
    place: (given) => `${given.path(file)}:3:27`,
  })),
];

/** What people paste, made of the right base; what Claude Code shows for it; what the doctor calls it. */
const wrongBaseUrls = [
  { row: 1, title: "/v1", paste: (base) => `${base}/v1` },
  { row: 1, title: "/v1/", paste: (base) => `${base}/v1/` },
  { row: 2, title: "/v1/messages", paste: (base) => `${base}/v1/messages` },
  { row: 3, title: "/v1/chat/completions", paste: (base) => `${base}/v1/chat/completions` },
  {
    row: 9,
    title: "no scheme",
    paste: (base) => base.replace(/^http:\/\//, ""),
    shows: /Invalid URL/,
    code: "base-url-invalid",
  },
];

const wrongBases = layers.flatMap(({ title: layer, put, place }) =>
  wrongBaseUrls.map(({ row, title, paste, shows = MODEL_IS_BLAMED, code = "base-url-path" }) => ({
    row,
    title: `${title} in ${layer}`,
    breakSetup: (given) => put(given, direct(given, { ANTHROPIC_BASE_URL: paste(given.sandbox.url) })),
    shows,
    code,
    names: (given) => [paste(given.sandbox.url), place(given)],
    right: ({ sandbox }) => `right value is ${sandbox.url}`,
    mend: "fix",
  })),
);

/** The rows of docs/doctor.md that are run. */
export const cases = [
  ...wrongBases,
  ...["user", "project"].flatMap((whose) => {
    const file = whose === "user" ? USER : PROJECT;
    const spoiled = (title, from, to, place) => ({
      row: 19,
      title: `${title} in the ${whose}'s settings.json`,
      breakSetup(given) {
        given.write(file, { env: direct(given) });
        given.write(file, given.read(file).replace(from, to));
      },
      shows: /not valid JSON|did not load|malformed JSON/i,
      code: "settings-invalid",
      names: ({ path }) => [`${path(file)}:${place}`],
      mend: "words",
    });
    return [spoiled("a trailing comma", /"\n {2}\}/, '",\n  }', "6:3"), spoiled("a comment", "{", "{ // mine", "1:3")];
  }),
  {
    row: 22,
    title: "CLAUDE_CODE_USE_BEDROCK in the shell",
    breakSetup(given) {
      given.write(USER, { env: direct(given) });
      return { CLAUDE_CODE_USE_BEDROCK: "1", AWS_REGION: "us-east-1" };
    },
    code: "provider-switch",
    names: ["CLAUDE_CODE_USE_BEDROCK in the shell"],
    mend: "fix",
  },
];

export default {
  configuredBy: "doctor --fix",
  versions: ["2.1.330"],
  // the same program as of the client claude-code: it is installed once
  installedAs: "claude-code",
  packages: (version) => ({ "@anthropic-ai/claude-code": version }),
  run: (context) => runCases(client, cases, context),
};
