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
  // A program of the system, or of Python: there is only a folder to work in.
  if (wanted.length === 0) {
    writeFileSync(join(folder, DONE), "");
    return folder;
  }
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

/** Python packages of a client, wanted as pip names them ("anthropic==2.10.0"). Nothing fails where they can't be had: it is written down why. */
export function installPython(folder, wanted) {
  if (wanted.length === 0) return;
  const home = join(folder, "python");
  if (existsSync(join(home, DONE))) return;
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const which = spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" });
  if (which.status !== 0) return writeFileSync(join(home, "not-run"), "there is no python3 here");
  const python = which.stdout.trim();
  process.stdout.write(`installing ${wanted.join(" ")} for Python into ${home}\n`);
  const args = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", home, ...wanted];
  const result = spawnSync(python, args, { encoding: "utf8", timeout: INSTALL_LIMIT_MS });
  const said = result.stderr?.trim().split("\n").at(-1) || String(result.error ?? "no reason given");
  if (result.status !== 0)
    return writeFileSync(join(home, "not-run"), `pip can't install ${wanted.join(" ")}: ${said}`);
  writeFileSync(join(home, DONE), python);
}

/** How Python runs with a client's packages: its program and where they lie, or why it can't. */
export function pythonIn(folder) {
  const home = join(folder, "python");
  const read = (name) => (existsSync(join(home, name)) ? readFileSync(join(home, name), "utf8") : undefined);
  const program = read(DONE);
  return program === undefined ? { reason: read("not-run") ?? "not installed" } : { program, path: home };
}

/** The version of a package that really lies in a client's folder. */
export function versionIn(folder, packageName) {
  return JSON.parse(readFileSync(join(folder, "node_modules", packageName, "package.json"), "utf8")).version;
}
