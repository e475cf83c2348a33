// The programs that `zenthrex setup anthropic-sdk|openai-sdk` prints, run as they are printed with the real SDKs.
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MODEL } from "./agent.mjs";
import { expect } from "./checks.mjs";
import { programIn, startDaemonWithSandbox, zenthrex } from "./daemon.mjs";
import { pythonIn } from "./install.mjs";
import { clearHome, makeHome, runProgram } from "./programs.mjs";

const LIMIT_MS = 60_000;

/** What stands between two lines of a text, the second left out. Lines are found by how they begin. */
function between(text, first, after) {
  const lines = text.split("\n");
  const begin = lines.findIndex((line) => line.startsWith(first));
  const length = lines.slice(begin).findIndex((line) => line.startsWith(after));
  expect(begin >= 0 && length > 0, `there is no part from "${first}" to "${after}"`, text);
  return `${lines
    .slice(begin, begin + length)
    .join("\n")
    .trim()}\n`;
}

/** The parts of what setup prints: the line for the shell, and the two programs. */
function partsOf(printed) {
  const shell = printed.split("\n").find((line) => line.startsWith("export "));
  expect(shell !== undefined, "there is no line that sets the credential", printed);
  return {
    shell,
    python: between(printed, "# Python", "// TypeScript"),
    typescript: between(printed, "// TypeScript", "Programs that"),
  };
}

/** Exactly one request, answered, the way the documentation has it. */
async function expectAsked({ sandbox }, path) {
  const requests = (await sandbox.requests()).map(({ method, path: at, status, model }) =>
    [method, at.split("?")[0], status, model].join(" "),
  );
  expect(requests.join() === `POST ${path} 200 ${MODEL}`, "the sandbox saw", requests);
}

/** Runs a line of shell behind the printed one, in a folder. */
function runBehind(shell, line, { home, cwd, env }) {
  const options = { home, cwd, env, limitMs: LIMIT_MS };
  return runProgram("sh", ["-c", `set -e\n${shell}\n${line}`], options);
}

function expectQuiet(result) {
  const all = result.stdout + result.stderr;
  expect(result.exitCode === 0 && !result.timedOut, `exit code ${result.exitCode}`, all);
  return result.stdout.trim();
}

async function checkTypeScript({ check, folder, home, daemon, parts }) {
  await check("the TypeScript program compiles with --strict, and is answered", async () => {
    await daemon.sandbox.reset();
    const cwd = join(home, "typescript");
    mkdirSync(cwd);
    symlinkSync(join(folder, "node_modules"), join(cwd, "node_modules"));
    writeFileSync(join(cwd, "package.json"), '{"type":"module"}\n');
    writeFileSync(join(cwd, "app.ts"), parts.typescript);
    const options = ["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node", "--skipLibCheck"];
    const compiled = spawnSync(programIn(folder, "tsc"), [...options, "app.ts"], { cwd, encoding: "utf8" });
    expect(compiled.status === 0, "the compiler says", compiled.stdout + compiled.stderr);
    expectQuiet(await runBehind(parts.shell, `'${process.execPath}' app.js`, { home, cwd }));
    await expectAsked(daemon, "/v1/messages");
  });
}

async function checkPython({ check, notRun, folder, home, daemon, parts }) {
  const title = "the Python program prints the answer";
  const python = pythonIn(folder);
  if (python.program === undefined) return notRun(title, python.reason);
  await check(title, async () => {
    await daemon.sandbox.reset();
    const cwd = join(home, "python");
    mkdirSync(cwd);
    writeFileSync(join(cwd, "app.py"), parts.python);
    const env = { PYTHONPATH: python.path, PYTHONDONTWRITEBYTECODE: "1" };
    const printed = expectQuiet(await runBehind(parts.shell, `'${python.program}' app.py`, { home, cwd, env }));
    expect(printed.includes('You said: "hi"'), "it printed", printed);
    await expectAsked(daemon, "/v1/messages");
    return printed.split("\n")[0].slice(0, 60);
  });
}

/** Runs what setup prints for an SDK. */
export async function runSnippets(tool, { folder, check, notRun }) {
  const home = makeHome();
  const daemon = await startDaemonWithSandbox(home);
  try {
    let parts;
    const isPrinted = await check(`zenthrex setup ${tool} prints both programs, without the token itself`, async () => {
      const result = await zenthrex(["setup", tool, "--port", String(daemon.port)], { home });
      expect(result.exitCode === 0, "it ended with", { ...result });
      expect(!result.stdout.includes("zxl_"), "the token itself is printed", result.stdout);
      parts = partsOf(result.stdout);
    });
    if (!isPrinted) return;
    await checkTypeScript({ check, folder, home, daemon, parts });
    await checkPython({ check, notRun, folder, home, daemon, parts });
  } finally {
    await daemon.stop();
    clearHome(home);
  }
}
