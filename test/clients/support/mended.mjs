// A row of docs/doctor.md with a real client: the fault is built in a home of its own, the client shows it, the doctor names it, and what
// the doctor does (or says to do) makes the client answer.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { administrate } from "./administrated.mjs";
import { carryOut } from "./carried-out.mjs";
import { expect } from "./checks.mjs";
import { closedPort, localToken, startDaemonIn, startSandbox } from "./daemon.mjs";
import { KEY, runZenthrex, storeKey } from "./doctored-home.mjs";
import { startGate } from "./gate.mjs";
import { clearHome, makeHome } from "./programs.mjs";

/** What the sandbox says of itself in every answer. */
const ANSWER = /zenthrex sandbox/;

/** zenthrex's own files and its backups: what a fix writes there is no tool's setting. */
const isOurs = (path) => /^(?:\.config|\.local\/state|\.cache)\/zenthrex\//.test(path);
const MAX_FILE_BYTES = 1_000_000;

/** The settings files of a home: path below it -> text. `keeps`: what the client writes there by itself, whenever it likes. */
function filesOf(home, keeps = /^$/) {
  const entries = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => !isOurs(relative(home, path)) && !keeps.test(relative(home, path)))
    .filter((path) => statSync(path).size < MAX_FILE_BYTES);
  return new Map(paths.map((path) => [relative(home, path), readFileSync(path, "latin1")]));
}

const changedBetween = (before, after) =>
  [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));

/** What a case builds its fault with. */
function givenIn(home, sandbox, { folder, tool }) {
  const servers = [];
  const ends = [];
  const given = {
    home,
    sandbox,
    folder,
    key: KEY,
    /** What starts every program, if anything: see `administrate`. */
    under: undefined,
    /** Variables of the shell, also for zenthrex; a case may change them. */
    env: {},
    path: (name) => join(home, name),
    /** Where a file lies that programs see elsewhere. */
    real: (file) => given.administrated.get(file) ?? file,
    administrated: new Map(),
    read: (name) => readFileSync(join(home, name), "utf8"),
    /** Writes a file of the home: a text as it is, anything else as JSON. */
    write(name, content) {
      const text = typeof content === "string" ? content : `${JSON.stringify(content, undefined, 2)}\n`;
      mkdirSync(dirname(join(home, name)), { recursive: true });
      writeFileSync(join(home, name), text);
    },
    closedPort,
    /** From now on programs see a copy of /etc with an administrator's settings in it. Returns where they lie, here and there. */
    administrate(name, settings) {
      const path = administrate(home, name, settings);
      given.under = path.under;
      given.administrated.set(path.file, path.copy);
      return path;
    },
    /** Runs zenthrex, and throws where it ends with an error. */
    async zenthrex(...args) {
      const done = await runZenthrex(args, { home, env: given.env, under: given.under });
      expect(done.exitCode === 0, `zenthrex ${args.join(" ")} ended with`, { ...done });
      return done;
    },
    /** Puts a stricter hosted API before the sandbox, and makes it zenthrex's upstream. */
    async startGate(refuse) {
      const gate = await startGate(sandbox, refuse);
      servers.push(gate);
      await given.zenthrex("config", "set", "upstream", gate.url);
      return gate;
    },
    /** Starts a daemon of this home before the sandbox, on a port of its own that is configured. `version`: of another one. */
    async startDaemon(port, { version } = {}) {
      port ??= await closedPort();
      await given.zenthrex("config", "set", "port", String(port));
      const daemon = await startDaemonIn(home, port, version);
      servers.push(daemon);
      Object.assign(given, { port, daemonUrl: `http://127.0.0.1:${port}`, token: await localToken(home) });
      return daemon;
    },
    /** Starts a daemon, and sets the tool up for it. */
    async setUp(options) {
      const daemon = await given.startDaemon(undefined, options);
      await given.zenthrex("setup", tool, "--yes");
      return daemon;
    },
    /** What is to be done when the case is over. */
    onEnd: (act) => ends.push(act),
    stop: () => Promise.all([...servers.map((server) => server.stop()), ...ends.map((act) => act())]),
  };
  return given;
}

const printedBy = ({ stdout, stderr }) => stdout + stderr;
const lastLine = (text) => text.trim().split("\n").at(-1).slice(0, 100);

function expectShown(result, { shows, answers = false }, client) {
  const printed = printedBy(result);
  const isAnswered = result.exitCode === 0 && ANSWER.test(result.stdout);
  expect(isAnswered === answers, `${client.tool} ${answers ? "doesn't answer" : "answers"} before the fix`, printed);
  expect(shows === undefined || shows.test(printed), `${client.tool} doesn't show ${shows}`, printed);
  return printed;
}

function expectAnswered(result, client) {
  const printed = printedBy(result);
  expect(!result.timedOut && result.exitCode === 0, `${client.tool} ended with ${result.exitCode}`, printed);
  expect(ANSWER.test(result.stdout), `the sandbox's answer is not in what ${client.tool} prints`, printed);
}

/** A list or a text that depends on the home and its addresses. */
const made = (value, given) => (typeof value === "function" ? value(given) : value);

async function expectNamed(client, one, given) {
  const result = await runZenthrex(["doctor", client.tool, "--json"], given);
  const { verdict } = JSON.parse(result.stdout);
  const said = JSON.stringify(verdict);
  expect(verdict.code === one.code, `the verdict is not ${one.code}`, said);
  for (const name of made(one.names, given) ?? []) {
    expect(verdict.cause.includes(name), `the cause doesn't name ${name}`, said);
  }
  const right = made(one.right, given);
  expect(
    right === undefined || `${verdict.cause} ${verdict.fix}`.includes(right),
    `the right value ${right} is not named`,
    said,
  );
  expect((result.exitCode === 0) === (one.isWarning === true), `exit code ${result.exitCode}`, said);
  expectNoSecret(result, given);
  return verdict;
}

function expectNoSecret(result, given) {
  const secrets = [given.key, given.token].filter((secret) => secret !== undefined);
  expect(!secrets.some((secret) => printedBy(result).includes(secret)), "a secret is in what zenthrex prints");
}

/** By `--fix`, or by the very line that the doctor printed, where a fix is words. Returns the settings files that it changed. */
async function mend(client, one, verdict, given) {
  const before = filesOf(given.home, client.keeps);
  const mended = await runZenthrex(["doctor", client.tool, "--fix", "--yes"], given);
  expectNoSecret(mended, given);
  const changed = () =>
    changedBetween(before, filesOf(given.home, client.keeps)).map((path) => [path, before.get(path)]);
  if (one.mend === "fix") {
    expect(mended.exitCode === 0, "doctor --fix ended with", { ...mended });
    return changed();
  }
  expect(changed().length === 0, "doctor --fix changed files where its fix is words", changed());
  expect(one.isWarning === true || mended.exitCode !== 0, "doctor --fix says that it mended it", { ...mended });
  await carryOut(verdict.fix, given);
  return [];
}

async function expectUndone(client, changed, given) {
  if (changed.length === 0) return "";
  await given.zenthrex("setup", client.tool, "--undo", "--yes");
  const after = filesOf(given.home, client.keeps);
  for (const [path, text] of changed) {
    expect(after.get(path) === text, `${path} is not what it was before the fix`, {
      was: text ?? "absent",
      is: after.get(path) ?? "absent",
    });
  }
  return `, undone: ${changed.length} file(s)`;
}

async function runCase(client, one, { folder, sandbox }) {
  const home = makeHome();
  const given = givenIn(home, sandbox, { folder, tool: client.tool });
  try {
    await storeKey(home, sandbox);
    given.env = (await one.breakSetup(given)) ?? given.env;
    const ask = () => client.ask({ ...given, env: one.clientEnv?.(given) ?? given.env });
    const shown = expectShown(await ask(), one, client);
    await one.again?.(given);
    const verdict = await expectNamed(client, one, given);
    const changed = await mend(client, one, verdict, given);
    given.isMended = true;
    await sandbox.reset();
    expectAnswered(await ask(), client);
    await one.proves?.(given, await sandbox.requests());
    const after = await runZenthrex(["doctor", client.tool, "--json"], { home, env: given.env, under: given.under });
    const { code } = JSON.parse(after.stdout).verdict;
    expect(code === (one.leaves ?? "healthy"), `the doctor still says ${code}`, after.stdout);
    const undone = one.undoes === false ? "" : await expectUndone(client, changed, given);
    return `${one.code}; it had printed: ${lastLine(shown)}${undone}`;
  } finally {
    await given.stop();
    clearHome(home);
  }
}

/** ZENTHREX_DOCTOR_ROWS=19,22 runs these rows alone. */
function isWanted({ row }) {
  const wanted = process.env["ZENTHREX_DOCTOR_ROWS"];
  return wanted === undefined || wanted.split(",").includes(String(row));
}

/**
 * Runs the cases of a client.
 * Shape of the client: `tool`: zenthrex's name of it; `ask(given)`: one prompt by the real client, in `given.home`, with `given.env`;
 * `keeps`: files below the home that the client writes of itself, if any.
 * Shape of a case: `row` of docs/doctor.md; `title`; `breakSetup(given)` builds the fault and returns the shell's variables; `shows`: what
 * the client prints then; `again(given)`: builds it once more, where the client itself removes it; `answers`: true where it answers all
 * the same; `code`: the verdict; `isWarning`: it is one (exit code 0);
 * `names`: what the cause has to name; `right`: the right value (both: plain, or made of `given`); `mend`: "fix" where `--fix` does it,
 * "words" where the printed line is carried out; `proves(given, requests)`: more to be seen of the requests after the mending;
 * `clientEnv(given)`: the client's variables, if not the shell's; `needs`: why it can't be run here, if so;
 * `leaves`: the doctor's verdict afterwards, if not "healthy"; `undoes: false`: the undo isn't tried.
 */
export async function runCases(client, cases, { folder, check, notRun }) {
  const home = makeHome();
  const sandbox = await startSandbox(home);
  try {
    for (const one of cases.filter(isWanted)) {
      const does = one.mend === "fix" ? "--fix makes it answer" : "the printed line makes it answer";
      const title = `row ${one.row}, ${one.title}: the doctor names it, ${does}`;
      if (one.needs === undefined) await check(title, () => runCase(client, one, { folder, sandbox }));
      else notRun(title, one.needs);
    }
  } finally {
    await sandbox.stop();
    clearHome(home);
  }
}
