// Completes package-lock.json with the optional packages of other platforms, after `npm install`.
// A registry mirror needn't carry every platform's binary; npm then leaves the package out of the lock, and `npm ci` refuses such
// a lock on every platform. The entries made here have the exact version and the platform, so that `npm ci` skips them where they
// don't fit; only the integrity is missing, which npm adds where it can see the package.
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const systems = ["android", "darwin", "freebsd", "netbsd", "openbsd", "linux", "win32", "sunos", "aix", "openharmony"];
const processors = ["arm64", "x64", "ia32", "arm", "ppc64", "s390x", "riscv64", "loong64", "mips64el", "wasm32"];

function platform(name) {
  const words = name
    .toLowerCase()
    .replace("armeabi", "arm")
    .replace("gnueabihf", "glibc")
    .replace("musleabihf", "musl")
    .replace("arm-eabi", "arm")
    .split(/[-/@]/);
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor));
  if (words.includes("wasi")) return { cpu: ["wasm32"] };
  const libc = words.includes("musl")
    ? ["musl"]
    : words.some((word) => word === "gnu" || word === "glibc")
      ? ["glibc"]
      : undefined;
  if (os.length === 0 || cpu.length === 0) return undefined;
  return { cpu, os, ...(libc && { libc }) };
}

let added = 0;
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (lock.packages[`node_modules/${name}`] || lock.packages[`${path}/node_modules/${name}`]) continue;
    const where = platform(name);
    if (!where || !/^\d/.test(version)) {
      process.stderr.write(`not completed: ${name}@${version}, optional in ${path}\n`);
      continue;
    }
    lock.packages[`node_modules/${name}`] = { version, ...(entry.dev && { dev: true }), optional: true, ...where };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`package-lock.json: ${added} platform packages added\n`);
