// Keeps the real clients off the internet: once everything is installed, the run goes on in a network namespace that has only loopback.
import { spawn, spawnSync } from "node:child_process";

const MARK = "ZENTHREX_CLIENTS_OFFLINE";

/** Whether this process lives in such a namespace. */
export const isOffline = process.env[MARK] === "1";

/** The `unshare` that works for this user, or undefined: not Linux, or not allowed. */
function unshareArguments() {
  if (process.platform !== "linux") return undefined;
  const script = "ip link set lo up";
  return [["-n"], ["-rn"]].find((flags) => spawnSync("unshare", [...flags, "sh", "-c", script]).status === 0);
}

/** Runs this program again without a network and resolves with its exit code; undefined when that isn't possible here. */
export function rerunOffline() {
  const flags = unshareArguments();
  if (flags === undefined) return Promise.resolve(undefined);
  const script = 'ip link set lo up && exec "$@"';
  const line = [...flags, "sh", "-c", script, "sh", process.execPath, ...process.argv.slice(1)];
  return new Promise((resolve, reject) => {
    const child = spawn("unshare", line, { stdio: "inherit", env: { ...process.env, [MARK]: "1" } });
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
