// The official Anthropic SDK, major 1 (Bearer, anthropic-version 2026-10-21) and the last of major 0 (x-api-key, 2023-06-01).
// Its calls run in a child with a clean environment (support/anthropic-sdk-calls.mjs), which reports a JSON line a check.
import { fileURLToPath } from "node:url";
import { expect } from "./support/checks.mjs";
import { closedPort, localToken, startDaemonBefore, startDaemonWithSandbox, startSandbox } from "./support/daemon.mjs";
import { clearHome, makeHome, runProgram } from "./support/programs.mjs";

const calls = fileURLToPath(new URL("support/anthropic-sdk-calls.mjs", import.meta.url));
const CALLS_LIMIT_MS = 90_000;

/** Runs a group of calls in a child and turns its lines into checks. */
async function runCalls(group, { check, folder, version, home, daemon, sandboxUrl, token }) {
  const env = {
    SDK_FOLDER: folder,
    SDK_VERSION: version,
    BASE_URL: daemon.url,
    TOKEN: token,
    SANDBOX_URL: sandboxUrl ?? "",
  };
  const result = await runProgram(process.execPath, [calls, group], { home, env, limitMs: CALLS_LIMIT_MS });
  const lines = result.stdout.split("\n").filter((line) => line.startsWith("{"));
  for (const line of lines) {
    const { title, failure, remark, seconds } = JSON.parse(line);
    const report = () => {
      if (failure !== undefined) throw new Error(failure);
      return remark;
    };
    await check(title, report, seconds);
  }
  if (result.exitCode === 0 && lines.length > 0) return;
  await check(`the calls "${group}" run to their end`, () => {
    expect(
      false,
      `exit code ${result.exitCode}${result.timedOut ? " (time limit)" : ""}`,
      result.stdout + result.stderr,
    );
  });
}

async function withKey(key, group, { check, folder, version }) {
  const home = makeHome();
  const sandbox = await startSandbox(home);
  const daemon = await startDaemonBefore(sandbox.url, key, home);
  try {
    await runCalls(group, {
      check,
      folder,
      version,
      home,
      daemon,
      sandboxUrl: sandbox.url,
      token: await localToken(home),
    });
  } finally {
    await daemon.stop();
    await sandbox.stop();
    clearHome(home);
  }
}

async function withClosedUpstream({ check, folder, version }) {
  const home = makeHome();
  const daemon = await startDaemonBefore(`http://127.0.0.1:${await closedPort()}`, "zk_sandbox_anything", home);
  try {
    await runCalls("closed-upstream", { check, folder, version, home, daemon, token: await localToken(home) });
  } finally {
    await daemon.stop();
    clearHome(home);
  }
}

async function run({ folder, version, check }) {
  const home = makeHome();
  const daemon = await startDaemonWithSandbox(home);
  try {
    const token = await localToken(home);
    await runCalls("ordinary", { check, folder, version, home, daemon, sandboxUrl: daemon.sandbox.url, token });
  } finally {
    await daemon.stop();
    clearHome(home);
  }
  await withKey("zk_sandbox_revoked", "revoked-key", { check, folder, version });
  await withKey("zk_sandbox_empty", "empty-wallet", { check, folder, version });
  await withClosedUpstream({ check, folder, version });
}

export default {
  versions: ["1.12.0", "0.128.0"],
  packages: (version) => ({ "@anthropic-ai/sdk": version }),
  run,
};
