// Programs that setup prints and that need no compiler, run as they are printed.
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MODEL } from "./agent.mjs";
import { expect } from "./checks.mjs";
import { startDaemonWithSandbox, zenthrex } from "./daemon.mjs";
import { clearHome, makeHome, runProgram } from "./programs.mjs";

const LIMIT_MS = 60_000;

/** The lines from one that begins so to the next empty place behind its last statement: the next comment, or the end. */
function programBehind(printed, title) {
  const lines = printed.split("\n");
  const begin = lines.findIndex((line) => line.startsWith(title));
  expect(begin >= 0, `there is no line "${title}"`, printed);
  const length = lines.slice(begin + 1).findIndex((line) => /^(?:\/\/|#|Verified)/.test(line));
  return lines.slice(begin, length < 0 ? undefined : begin + 1 + length).join("\n");
}

/** Runs each program that `zenthrex setup <tool>` prints under one of the titles, behind the printed line of shell. */
export async function runPrograms(tool, titles, { folder, check }) {
  const home = makeHome();
  const daemon = await startDaemonWithSandbox(home);
  try {
    const { stdout: printed, exitCode } = await zenthrex(["setup", tool, "--port", String(daemon.port)], { home });
    expect(exitCode === 0 && !printed.includes("zxl_"), "setup ended with", { exitCode, printed });
    const shell = printed.split("\n").find((line) => line.startsWith("export "));
    symlinkSync(join(folder, "node_modules"), join(home, "project", "node_modules"));
    for (const [index, title] of titles.entries()) {
      await check(`the printed program "${title.replace(/^\/\/ /, "")}" prints the answer`, async () => {
        await daemon.sandbox.reset();
        const file = join(home, "project", `program-${index}.mjs`);
        writeFileSync(file, programBehind(printed, title));
        const line = `set -e\n${shell}\n'${process.execPath}' '${file}'`;
        const result = await runProgram("sh", ["-c", line], { home, limitMs: LIMIT_MS });
        expect(result.exitCode === 0, `exit code ${result.exitCode}`, result.stdout + result.stderr);
        expect(result.stdout.includes('You said: "hi"'), "it printed", result.stdout + result.stderr);
        const seen = (await daemon.sandbox.requests()).map(
          ({ method, path, status, model }) => `${method} ${path} ${status} ${model}`,
        );
        expect(seen.join() === `POST /v1/messages 200 ${MODEL}`, "the sandbox saw", seen);
      });
    }
  } finally {
    await daemon.stop();
    clearHome(home);
  }
}
