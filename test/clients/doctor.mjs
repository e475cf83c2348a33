// `zenthrex doctor` and the real Claude Code: a wrong base URL, in the shell or in its settings, against a sandbox that stands in for the
// hosted API. Claude Code blames the model; the doctor names the value, its layer and the right one; `doctor --fix` makes it answer.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "./support/checks.mjs";
import { programIn, startSandbox } from "./support/daemon.mjs";
import { KEY, runZenthrex, storeKey } from "./support/doctored-home.mjs";
import { clearHome, makeHome, quietEnv, runProgram } from "./support/programs.mjs";

const ANSWER_LIMIT_MS = 60_000;
const MODEL_IS_BLAMED = /issue with the selected model/;

/** What people paste, made of the right base; what Claude Code shows for it; what the doctor calls it. */
const wrongBaseUrls = [
  { title: "/v1", paste: (base) => `${base}/v1`, shows: MODEL_IS_BLAMED, code: "base-url-path" },
  { title: "/v1/", paste: (base) => `${base}/v1/`, shows: MODEL_IS_BLAMED, code: "base-url-path" },
  { title: "/v1/messages", paste: (base) => `${base}/v1/messages`, shows: MODEL_IS_BLAMED, code: "base-url-path" },
  {
    title: "/v1/chat/completions",
    paste: (base) => `${base}/v1/chat/completions`,
    shows: MODEL_IS_BLAMED,
    code: "base-url-path",
  },
  {
    title: "no scheme",
    paste: (base) => base.replace(/^http:\/\//, ""),
    shows: /Invalid URL/,
    code: "base-url-invalid",
  },
];

const settingsFile = (home) => join(home, ".claude", "settings.json");

/** A home whose key and upstream are stored, and whose Claude Code has one wrong base in one layer. Returns the shell's variables. */
async function breakSetup(home, layer, base, sandbox) {
  await storeKey(home, sandbox);
  const variables = { ANTHROPIC_BASE_URL: base, ANTHROPIC_MODEL: "claude-opus-4-7" };
  if (layer === "the shell") return { ...variables, ANTHROPIC_API_KEY: KEY };
  mkdirSync(join(home, ".claude"), { recursive: true });
  const settings = { env: { ...variables, ANTHROPIC_AUTH_TOKEN: KEY } };
  writeFileSync(settingsFile(home), `${JSON.stringify(settings, undefined, 2)}\n`);
  return {};
}

function askClaude(folder, home, env) {
  return runProgram(programIn(folder, "claude"), ["-p", "say hi to us"], {
    home,
    env: { ...quietEnv, ...env },
    limitMs: ANSWER_LIMIT_MS,
  });
}

function expectVerdict(result, { code, base, right, layer, home }) {
  const report = JSON.parse(result.stdout);
  const said = JSON.stringify(report.verdict);
  expect(report.verdict.code === code, `the verdict is not ${code}`, said);
  expect(report.verdict.cause.includes(base), `the wrong value ${base} is not named`, said);
  expect(report.verdict.cause.includes(`right value is ${right}`), `the right value ${right} is not named`, said);
  const place = layer === "the shell" ? "in the shell" : `${settingsFile(home)}:3:27`;
  expect(report.verdict.cause.includes(place), `the place ${place} is not named`, said);
  expect(result.exitCode === 1, `exit code ${result.exitCode}`, said);
  const printed = result.stdout + result.stderr;
  expect(!printed.includes(KEY), "the key is in the report");
  return report;
}

function expectAnswered(result) {
  const printed = result.stdout + result.stderr;
  expect(!result.timedOut && result.exitCode === 0, `claude ended with ${result.exitCode}`, printed);
  expect(result.stdout.includes("sandbox"), "the sandbox's answer is not in it", printed);
}

async function checkWrongBase({ folder, check, sandbox }, layer, { title, paste, shows, code }) {
  await check(`${title} in ${layer}: claude misleads, the doctor names it, --fix makes claude answer`, async () => {
    const home = makeHome();
    try {
      const base = paste(sandbox.url);
      const env = await breakSetup(home, layer, base, sandbox);
      const broken = await askClaude(folder, home, env);
      const printed = broken.stdout + broken.stderr;
      expect(broken.exitCode !== 0 && shows.test(printed), `claude doesn't show ${shows}`, printed);
      const report = await runZenthrex(["doctor", "claude-code", "--json"], { home, env });
      expectVerdict(report, { code, base, right: sandbox.url, layer, home });
      const mended = await runZenthrex(["doctor", "claude-code", "--fix", "--yes"], { home, env });
      expect(mended.exitCode === 0, "doctor --fix ended with", { ...mended });
      expectAnswered(await askClaude(folder, home, env));
      const after = await runZenthrex(["doctor", "claude-code", "--json"], { home, env });
      expect(JSON.parse(after.stdout).verdict.code === "healthy", "the doctor still complains", after.stdout);
      return `claude: ${printed.trim().split("\n").at(-1).slice(0, 100)}`;
    } finally {
      clearHome(home);
    }
  });
}

/** A switch of the shell's that beats every address; and what is left of it once the doctor has mended it. */
async function checkSwitch({ folder, check, sandbox }) {
  await check("CLAUDE_CODE_USE_BEDROCK in the shell: the doctor names it, --fix makes claude answer", async () => {
    const home = makeHome();
    try {
      await breakSetup(home, "settings.json", sandbox.url, sandbox);
      const env = { CLAUDE_CODE_USE_BEDROCK: "1", AWS_REGION: "us-east-1" };
      const broken = await askClaude(folder, home, env);
      expect(broken.exitCode !== 0, "claude answered", broken.stdout);
      const { verdict } = JSON.parse((await runZenthrex(["doctor", "claude-code", "--json"], { home, env })).stdout);
      expect(verdict.code === "provider-switch", "the verdict", verdict);
      expect(verdict.cause.includes("CLAUDE_CODE_USE_BEDROCK in the shell"), "the place is not named", verdict);
      const mended = await runZenthrex(["doctor", "claude-code", "--fix", "--yes"], { home, env });
      expect(mended.exitCode === 0, "doctor --fix ended with", { ...mended });
      expectAnswered(await askClaude(folder, home, env));
      return `claude: ${(broken.stdout + broken.stderr).trim().split("\n").at(-1).slice(0, 100)}`;
    } finally {
      clearHome(home);
    }
  });
}

/** A file that isn't strict JSON is ignored as a whole; no setup may rewrite it. */
async function checkInvalidFile({ folder, check, sandbox }) {
  await check(
    "a trailing comma in settings.json: the doctor gives line and column, and --fix leaves the file alone",
    async () => {
      const home = makeHome();
      try {
        await breakSetup(home, "settings.json", sandbox.url, sandbox);
        const text = readFileSync(settingsFile(home), "utf8").replace(/"\n {2}\}/, '",\n  }');
        writeFileSync(settingsFile(home), text);
        const broken = await askClaude(folder, home, {});
        expect(broken.exitCode !== 0, "claude answered", broken.stdout);
        const result = await runZenthrex(["doctor", "claude-code", "--json"], { home });
        const { verdict } = JSON.parse(result.stdout);
        expect(verdict.code === "settings-invalid", "the verdict", verdict);
        const line = text.slice(0, text.indexOf(",\n  }") + 2).split("\n").length;
        expect(
          verdict.cause.includes(`${settingsFile(home)}:${line}:3`),
          `the place is not named (line ${line})`,
          verdict,
        );
        await runZenthrex(["doctor", "claude-code", "--fix", "--yes"], { home });
        expect(readFileSync(settingsFile(home), "utf8") === text, "the file was changed");
        return `claude: ${(broken.stdout + broken.stderr).trim().split("\n").at(-1).slice(0, 100)}`;
      } finally {
        clearHome(home);
      }
    },
  );
}

async function run({ folder, check }) {
  const home = makeHome();
  const sandbox = await startSandbox(home);
  try {
    const given = { folder, check, sandbox };
    for (const layer of ["the shell", "settings.json"]) {
      for (const wrong of wrongBaseUrls) await checkWrongBase(given, layer, wrong);
    }
    await checkSwitch(given);
    await checkInvalidFile(given);
  } finally {
    await sandbox.stop();
    clearHome(home);
  }
}

export default {
  configuredBy: "doctor --fix",
  versions: ["2.1.330"],
  // the same program as of the client claude-code: it is installed once
  installedAs: "claude-code",
  packages: (version) => ({ "@anthropic-ai/claude-code": version }),
  run,
};
