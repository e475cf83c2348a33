// The doctor's rows with the real Aider. It ends with exit code 0 whatever happened: what it prints tells.
import { askAider, whyNot } from "../support/aider-run.mjs";
import { runCases } from "../support/mended.mjs";

const FILE = ".aider.conf.yml";

const client = { tool: "aider", ask: (given) => askAider(given, "say hi to us") };

const settings = (base, key, model = "openai/claude-opus-4-7") =>
  `# mine\nopenai-api-base: ${base}\nopenai-api-key: ${key}\nmodel: ${model}\ndark-mode: true\n`;

/** A base that is wrong in the user's file. */
const wrongBase = (row, title, paste, shows) => ({
  row,
  title: `${title} in ${FILE}`,
  breakSetup: ({ write, sandbox, key }) => write(FILE, settings(paste(sandbox.url), key)),
  shows,
  code: "base-url-path",
  names: ({ sandbox, path }) => [paste(sandbox.url), `${path(FILE)}:2:18`],
  right: ({ sandbox }) => `${sandbox.url}/v1`,
  mend: "fix",
});

/** The rows of docs/doctor.md that are run. */
export const cases = [
  wrongBase(5, "the bare host", (base) => base, /Not found: POST\s+\/chat\/completions/),
  wrongBase(6, "/v1 twice", (base) => `${base}/v1/v1`, /\/v1\/v1\/chat\/completions/),
  wrongBase(7, "the route", (base) => `${base}/v1/chat/completions`, /\/chat\/completions\/chat\/completions/),
  {
    row: 5,
    title: "the bare host in OPENAI_BASE_URL, which beats the right one of the file",
    breakSetup: ({ write, sandbox, key }) => {
      write(FILE, settings(`${sandbox.url}/v1`, key));
      return { OPENAI_BASE_URL: sandbox.url };
    },
    shows: /Not found: POST\s+\/chat\/completions/,
    code: "base-url-path",
    names: () => ["OPENAI_BASE_URL", "in the shell"],
    right: ({ sandbox }) => `${sandbox.url}/v1`,
    mend: "words",
  },
  {
    row: 13,
    title: "a key of another vendor",
    breakSetup: ({ write, sandbox }) => write(FILE, settings(`${sandbox.url}/v1`, "sk-ant-api03-0123456789abcdef")),
    shows: /AuthenticationError/,
    code: "credential-vendor",
    names: ({ path }) => [`${path(FILE)}:3:17`],
    mend: "fix",
  },
  {
    row: 4,
    title: "a model that isn't there",
    breakSetup: ({ write, sandbox, key }) => write(FILE, settings(`${sandbox.url}/v1`, key, "openai/claude-opus-9")),
    shows: /model: claude-opus-9/,
    code: "model-unknown",
    names: ({ path }) => ["claude-opus-9", `${path(FILE)}:4:8`],
    mend: "fix",
  },
];

async function run({ folder, check, notRun }) {
  const reason = whyNot(folder);
  if (reason !== undefined) return notRun("aider", reason);
  return runCases(client, cases, { folder, check });
}

export default {
  configuredBy: "doctor --fix",
  versions: ["0.86.2"],
  installedAs: "aider",
  packages: () => ({}),
  python: ["aider-chat==0.86.2"],
  run,
};
