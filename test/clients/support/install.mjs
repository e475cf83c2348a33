// Installs a client from the npm registry once and keeps it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const INSTALL_LIMIT_MS = 600_000;
const DONE = ".installed";

const base = process.env["ZENTHREX_CLIENTS_DIR"] ?? join(tmpdir(), "zenthrex-clients");

/** Folder of a client at a version: `<base>/<name>@<version>`. */
function folderOf(name, version) {
  return join(base, `${name}@${version}`);
}

/** Installs `packages` (name -> version) for a client unless it is there. Returns the folder that holds its node_modules. */
export function install(name, version, packages) {
  const folder = folderOf(name, version);
  if (existsSync(join(folder, DONE))) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const wanted = Object.entries(packages).map(([packageName, packageVersion]) => `${packageName}@${packageVersion}`);
  process.stdout.write(`installing ${wanted.join(" ")} into ${folder}\n`);
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", folder, ...wanted];
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const result = spawnSync(npm, args, {
    cwd: folder,
    encoding: "utf8",
    timeout: INSTALL_LIMIT_MS,
    shell: process.platform === "win32",
  });
  if (result.status !== 0) throw new Error(`npm can't install ${wanted.join(" ")}: ${result.stderr || result.error}`);
  writeFileSync(join(folder, DONE), "");
  return folder;
}

/** The version of a package that really lies in a client's folder. */
export function versionIn(folder, packageName) {
  return JSON.parse(readFileSync(join(folder, "node_modules", packageName, "package.json"), "utf8")).version;
}
