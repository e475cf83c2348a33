// A machine with an administrator: programs that see a /etc of their own, in a mount namespace. Linux only.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const script = 'mount --bind "$0" /etc && exec "$@"';
const under = (folder) => ["unshare", "-m", "sh", "-c", script, folder];

/** Why there can't be one here; undefined where there can. */
export function noAdministrator() {
  if (process.platform !== "linux") return "an administrator's folder of one's own needs Linux";
  const [file, ...args] = [...under("/etc"), "true"];
  return spawnSync(file, args).status === 0 ? undefined : "mount namespaces are not allowed here";
}

/**
 * Writes an administrator's file into a copy of /etc.
 * Shape: `file`: where programs see it; `copy`: where it lies; `under`: what starts a program that sees it.
 */
export function administrate(home, name, settings) {
  const folder = join(home, "etc-of-an-administrator");
  // What this user can't read isn't copied, and isn't needed.
  cpSync("/etc", folder, { recursive: true, errorOnExist: false, filter: isPlain, verbatimSymlinks: true });
  const copy = join(folder, name);
  mkdirSync(dirname(copy), { recursive: true });
  writeFileSync(copy, `${JSON.stringify(settings, undefined, 2)}\n`);
  return { file: join("/etc", name), copy, under: under(folder) };
}

/** Names and certificates are all that programs ask of it. */
function isPlain(path) {
  return /^\/etc(?:$|\/(?:passwd|group|hosts|resolv\.conf|nsswitch\.conf|ssl|ca-certificates|ld\.so)|\/(?:ssl|ca-certificates)\/)/.test(
    path,
  );
}
