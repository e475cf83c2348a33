// `zenthrex run claude`: Claude Code for the daemon, and nothing of the user's written.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join, relative } from "node:path";
import { MODEL } from "./agent.mjs";
import { expect } from "./checks.mjs";
import { localToken, programIn, startDaemonWithSandbox, zenthrex } from "./daemon.mjs";
import { clearHome, makeHome, quietEnv, runProgram } from "./programs.mjs";

const LIMIT_MS = 60_000;
const PROMPT = ["-p", "hi"];

/** Every file below a folder with a hash of its content. */
function treeOf(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      return [relative(folder, path), createHash("sha256").update(readFileSync(path)).digest("hex")];
    }),
  );
}

/** A path without what is different in every session: ids, stamps, the name of the home. */
function maskedPath(path, home) {
  return path
    .replaceAll(home.replaceAll(/[^A-Za-z0-9]/g, "-"), "HOME")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID")
    .replaceAll(/\d{6,}/g, "N");
}

const filesThatHold = (home, text) =>
  [...treeOf(home).keys()].filter((path) => readFileSync(join(home, path)).includes(text));

/** The daemon's own files: its config with the token, and what it keeps of itself. */
const isOurs = (path) => path.startsWith(".config/zenthrex/") || path.startsWith(".local/state/zenthrex/");

/** What Claude Code keeps in the temporary folder has names of chance. */
const isTemporaryOfClaude = (path) => path.startsWith("tmp/claude-");

/** What Claude Code writes when it is started by itself, with variables only. */
async function writtenByClaude({ folder, port, token }) {
  const home = makeHome();
  try {
    const pointing = { ANTHROPIC_BASE_URL: `http://127.0.0.1:${port}`, ANTHROPIC_AUTH_TOKEN: token };
    const env = { ...quietEnv, ...pointing, ANTHROPIC_MODEL: MODEL };
    const result = await runProgram(programIn(folder, "claude"), PROMPT, { home, env, limitMs: LIMIT_MS });
    expect(result.exitCode === 0, "claude by itself ended with", { ...result });
    return new Set([...treeOf(home).keys()].map((path) => maskedPath(path, home)));
  } finally {
    clearHome(home);
  }
}

/** Runs it with the folder of Claude Code on the PATH, as an installation would have it. */
function runClaude({ folder, home, port, args = [] }) {
  const PATH = [dirname(programIn(folder, "claude")), dirname(process.execPath), "/usr/bin", "/bin"].join(":");
  const line = ["run", ...(port === undefined ? [] : ["--port", String(port)]), ...args, "claude", "--", ...PROMPT];
  return zenthrex(line, { home, env: { ...quietEnv, PATH }, limitMs: LIMIT_MS });
}

function expectSaid(result) {
  const printed = result.stdout + result.stderr;
  expect(!result.timedOut && result.exitCode === 0, `it ended with ${result.exitCode}`, printed);
  expect(result.stdout.includes('You said: "hi"'), "it printed", printed);
}

/** New or changed files have to be ones that Claude Code writes by itself, and none of them may know of the daemon. */
function expectNothingWritten(home, before, allowed, { port, token }) {
  const changed = [...treeOf(home)].filter(([path, hash]) => before.get(path) !== hash).map(([path]) => path);
  const isKnown = (path) => isOurs(path) || isTemporaryOfClaude(path) || allowed.has(maskedPath(path, home));
  const foreign = changed.filter((path) => !isKnown(path));
  expect(foreign.length === 0, "files that Claude Code doesn't write by itself", foreign);
  const ours = changed.filter((path) => isOurs(path) && path.endsWith("config.json"));
  expect(ours.length === 0, "the config was written", ours);
  const holding = [token, `127.0.0.1:${port}`].flatMap((text) => filesThatHold(home, text));
  expect(holding.every(isOurs), "these hold the token or the address", holding);
  return `${changed.length} files changed, all Claude Code's own`;
}

async function checkEmptyHome({ check, folder, home, daemon, token }) {
  await check("zenthrex run claude -- -p hi is answered, and writes nothing in the home", async () => {
    const { port, sandbox } = daemon;
    const allowed = await writtenByClaude({ folder, port, token });
    await sandbox.reset();
    const before = treeOf(home);
    const result = await runClaude({ folder, home, port });
    expectSaid(result);
    expect((await sandbox.requests()).length > 0, "the sandbox was asked nothing");
    return expectNothingWritten(home, before, allowed, { port, token });
  });
}

/** An Anthropic gateway of somebody else's that counts. */
function startOther() {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(401, { "content-type": "application/json" });
    response.end('{"type":"error","error":{"type":"authentication_error","message":"not here"}}');
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve({ asked, port: server.address().port, stop: () => server.close() }));
  });
}

async function checkOtherBase({ check, folder, home, daemon, token }) {
  await check(
    "the same where settings.json names another base URL and credential: that base sees 0 requests",
    async () => {
      const other = await startOther();
      try {
        const file = join(home, ".claude", "settings.json");
        const env = {
          ANTHROPIC_BASE_URL: `http://127.0.0.1:${other.port}`,
          ANTHROPIC_AUTH_TOKEN: "other-token-0123456789",
          ANTHROPIC_API_KEY: "sk-ant-api03-of-somebody-else",
          ANTHROPIC_MODEL: "claude-of-somebody-else",
        };
        const text = `${JSON.stringify({ env }, undefined, 2)}\n`;
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
        await daemon.sandbox.reset();
        expectSaid(await runClaude({ folder, home, port: daemon.port }));
        expect(other.asked.length === 0, "the other base was asked", other.asked);
        expect(readFileSync(file, "utf8") === text, "the settings file changed", readFileSync(file, "utf8"));
        const requests = await daemon.sandbox.requests();
        const models = [...new Set(requests.map(({ model }) => model).filter(Boolean))];
        expect(models.length > 0 && !models.includes("claude-of-somebody-else"), "the models asked for", models);
        const headers = JSON.stringify(requests.map((request) => request.headers));
        expect(!/sk-ant|other-token|zxl_/.test(headers), "a credential that isn't the daemon's went upstream");
        expect(filesThatHold(home, token).every(isOurs), "the token was written", filesThatHold(home, token));
        return `0 requests there, ${requests.length} at the sandbox`;
      } finally {
        other.stop();
      }
    },
  );
}

async function checkOwnDaemon({ check, folder }) {
  await check("the same with no daemon at all: zenthrex run --sandbox claude -- -p hi", async () => {
    const home = makeHome();
    try {
      expectSaid(await runClaude({ folder, home, args: ["--sandbox"] }));
      const token = await localToken(home);
      expect(filesThatHold(home, token).every(isOurs), "the token was written", filesThatHold(home, token));
    } finally {
      clearHome(home);
    }
  });
}

/** The checks of `zenthrex run claude`. */
export async function checkClaudeRun({ check, folder }) {
  const home = makeHome();
  const daemon = await startDaemonWithSandbox(home);
  try {
    const context = { check, folder, home, daemon, token: await localToken(home) };
    await checkEmptyHome(context);
    await checkOtherBase(context);
  } finally {
    await daemon.stop();
    clearHome(home);
  }
  await checkOwnDaemon({ check, folder });
}
