// A home in which somebody else's settings are wrong: the key and a stand-in of the hosted API are stored, the rest is the check's.
import { expect } from "./checks.mjs";
import { zenthrex } from "./daemon.mjs";

const ANSWER_LIMIT_MS = 60_000;

/** A key that the sandbox takes. */
export const KEY = "zk_sandbox_doctor_0123456789";

/** Runs zenthrex in such a home. */
export function runZenthrex(args, { home, env = {}, input = "", under }) {
  return zenthrex(args, { home, env, input, limitMs: ANSWER_LIMIT_MS, under });
}

/** Stores the key, and the sandbox as the hosted API. */
export async function storeKey(home, sandbox) {
  for (const args of [
    ["config", "set", "upstream", sandbox.url],
    ["login", "--key-stdin", "--no-verify"],
  ]) {
    const done = await runZenthrex(args, { home, input: `${KEY}\n` });
    expect(done.exitCode === 0, `zenthrex ${args.join(" ")} ended with`, { ...done });
  }
}
