// The doctor's rows with an official SDK, and with curl: the shell's variables are all that they have. The printed line is carried out.
import { closedPort } from "./daemon.mjs";
import { runProgram } from "./programs.mjs";

const ANSWER_LIMIT_MS = 60_000;
const OPENAI_KEY = "sk-proj-0123456789abcdefghij";

/** One question by a program of the SDK's, or by curl (`given.by`). `program`: an ES module; `curl`: a line for sh. */
export const askBy =
  ({ program, curl }) =>
  ({ folder, home, env, by }) => {
    const options = { home, env, limitMs: ANSWER_LIMIT_MS, cwd: folder };
    if (by === "curl") return runProgram("sh", ["-c", curl], options);
    return runProgram(process.execPath, ["--input-type=module", "-e", program], options);
  };

/**
 * The rows that both SDKs share.
 * Shape: `tool`: zenthrex's name of it; `base`, `key`: its variables; `path`: what its base ends in; `wrongBases`: [row, title, path].
 */
export function sdkCases({ tool, base, key, path, wrongBases }) {
  const variablesOf = (given, more = {}) => {
    const all = { [base]: given.sandbox.url + path, [key]: given.key, ...more };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  };
  const byLine = (row, title, variables, more) => ({
    row,
    title,
    breakSetup: async (given) => variablesOf(given, await variables(given)),
    mend: "words",
    ...more,
  });
  const wrongBase = (row, title, paste, more = {}) =>
    byLine(row, title, ({ sandbox }) => ({ [base]: paste(sandbox.url) }), {
      code: "base-url-path",
      names: ({ sandbox }) => [paste(sandbox.url), `${base} in the shell`],
      right: ({ sandbox }) => `export ${base}=${sandbox.url}${path}`,
      ...more,
    });
  const wrongKey = (row, title, wrong, code) =>
    byLine(row, title, (given) => ({ [key]: wrong(given) }), {
      code,
      names: [key],
      right: `eval "$(zenthrex setup ${tool} --direct --print-env)"`,
    });
  return [
    ...wrongBases.map(([row, title, end]) => wrongBase(row, title, (url) => url + end, { shows: /404/ })),
    ...wrongBases.slice(0, 1).map(([row, title, end]) => {
      const made = wrongBase(row, `${title}, by curl`, (url) => url + end, { shows: /not.found/i });
      return {
        ...made,
        breakSetup(given) {
          given.by = "curl";
          return made.breakSetup(given);
        },
      };
    }),
    {
      ...wrongBase(wrongBases[0][0], `${wrongBases[0][1]}, in a start-up file`, (url) => url + wrongBases[0][2]),
      breakSetup(given) {
        const wrong = given.sandbox.url + wrongBases[0][2];
        given.write(".bashrc", `# mine\nexport ${base}="${wrong}"\n`);
        return variablesOf(given, { [base]: wrong });
      },
      names: ({ sandbox, path: below }) => [
        sandbox.url + wrongBases[0][2],
        `${below(".bashrc")}:2:${base.length + 10}`,
      ],
      right: ({ sandbox }) => `Set ${base}=${sandbox.url}${path} at `,
    },
    wrongBase(9, "no scheme", (url) => url.replace("http://", "") + path, { code: "base-url-invalid" }),
    wrongBase(10, "https to plain http", (url) => url.replace("http:", "https:") + path, {
      shows: /Connection error/,
      code: "base-url-scheme",
    }),
    byLine(12, "no base", () => ({ [base]: undefined }), {
      shows: /Connection error/,
      code: "base-url-missing",
      names: [`${base} in the shell`],
      right: ({ sandbox }) => `export ${base}=${sandbox.url}${path}`,
    }),
    wrongKey(13, "another vendor's key", () => OPENAI_KEY, "credential-vendor"),
    wrongKey(15, "a revoked key", () => "zk_sandbox_revoked", "credential-rejected"),
    wrongKey(
      24,
      "a character that nobody sees, in the key",
      (given) => given.key.replace("_", "_\u200b"),
      "credential-shape",
    ),
    {
      row: 25,
      title: "the daemon isn't running",
      async breakSetup(given) {
        const daemon = await given.startDaemon();
        await daemon.stop();
        return { [base]: given.daemonUrl + path, [key]: given.token };
      },
      shows: /Connection error/,
      code: "daemon-stopped",
      mend: "fix",
    },
    {
      row: 50,
      title: "the port of a daemon that has moved",
      async breakSetup(given) {
        await given.startDaemon();
        return { [base]: `http://127.0.0.1:${await closedPort()}${path}`, [key]: given.token };
      },
      shows: /Connection error/,
      code: "base-url-port",
      names: [`${base} in the shell`],
      right: ({ daemonUrl }) => `export ${base}=${daemonUrl}${path}`,
      mend: "words",
    },
  ];
}
