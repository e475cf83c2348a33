// Runs a child that calls an SDK (support/*-calls.mjs) against `zenthrex serve --sandbox`, and turns its lines into checks.
import { fileURLToPath } from "node:url";
import { expect } from "./checks.mjs";
import { localToken, startDaemonWithSandbox } from "./daemon.mjs";
import { clearHome, makeHome, runProgram } from "./programs.mjs";

const CALLS_LIMIT_MS = 120_000;

/** `calls`: URL of the child; it is given the daemon's base URL with /v1, as OpenAI's clients want it, and `more` variables. */
export async function runCalls(calls, { folder, version, check }, more = {}) {
  const home = makeHome();
  const daemon = await startDaemonWithSandbox(home);
  try {
    const env = {
      SDK_FOLDER: folder,
      SDK_VERSION: version,
      BASE_URL: `${daemon.url}/v1`,
      TOKEN: await localToken(home),
      SANDBOX_URL: daemon.sandbox.url,
      ...more,
    };
    const result = await runProgram(process.execPath, [fileURLToPath(calls)], { home, env, limitMs: CALLS_LIMIT_MS });
    await report(result, check);
  } finally {
    await daemon.stop();
    clearHome(home);
  }
}

async function report(result, check) {
  const lines = result.stdout.split("\n").filter((line) => line.startsWith('{"title":'));
  for (const line of lines) {
    const { title, failure, remark, seconds } = JSON.parse(line);
    const told = () => {
      if (failure !== undefined) throw new Error(failure);
      return remark;
    };
    await check(title, told, seconds);
  }
  if (result.exitCode === 0 && lines.length > 0) return;
  await check("the calls run to their end", () => {
    const why = `exit code ${result.exitCode}${result.timedOut ? " (time limit)" : ""}`;
    expect(false, why, result.stdout + result.stderr);
  });
}
