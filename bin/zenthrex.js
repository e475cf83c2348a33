#!/usr/bin/env node
// CommonJS (bin/package.json says so) in the syntax of Node 10: an old Node must get as far as the sentence that names it, and
// `--version` must not pay for the ES module loader (5 ms).
"use strict";

const floor = "20.18.1";
const argument = process.argv[2];

// `zenthrex models | head -1` closes our output early: that is no error.
process.stdout.on("error", ignoreClosedPipe);

if (isOlder(process.versions.node, floor)) {
  process.stderr.write(
    `error: zenthrex needs Node ${floor} or newer, this is ${process.versions.node} (${process.execPath})\n`,
  );
  process.stderr.write("fix:   Install a newer Node from https://nodejs.org, then run the command again.\n");
  process.exitCode = 1;
} else if (process.argv.length === 3 && (argument === "--version" || argument === "-V")) {
  process.stdout.write(`${packageVersion()}\n`);
} else {
  process.stderr.on("error", ignoreClosedPipe);
  useCompileCache();
  process.on("uncaughtException", endAfterBug);
  start().catch(endAfterBug);
}

function start() {
  return Promise.all([import("../dist/cli/main.js"), import("../dist/cli/system-context.js")]).then((modules) => {
    const context = modules[1].systemContext(__filename, packageVersion());
    return modules[0].main(process.argv.slice(2), context).then((exitCode) => {
      process.exitCode = exitCode;
      releaseHandles();
    });
  });
}

// A finished command ends, even if a socket or child was forgotten, or is opened by something that still runs. process.exit() would
// cut output that a slow pipe hasn't taken yet; handles that no longer count let the process end by itself, after its last write.
function releaseHandles() {
  unrefHandles();
  setInterval(unrefHandles, 100).unref();
}

function unrefHandles() {
  const handles = process._getActiveHandles ? process._getActiveHandles() : [];
  for (const handle of handles) {
    if (typeof handle.unref === "function") handle.unref();
  }
}

// What no command caught: an error while starting, or in a callback that nobody waits for. The process must not go on.
function endAfterBug(error) {
  process.exitCode = 70;
  return describe(error).then((lines) => {
    process.stderr.write(`${lines.join("\n")}\n`);
    releaseHandles();
  });
}

function describe(error) {
  const path = require("node:path");
  if (!require("node:fs").existsSync(path.join(__dirname, "../dist/cli/main.js"))) {
    process.exitCode = 6;
    const fix = `fix:   Run \`npm ci && npm run build\` in ${path.dirname(__dirname)}.`;
    return Promise.resolve(["error: zenthrex is not built: dist/ is missing", fix]);
  }
  const detail = String((error && (process.env.ZENTHREX_DEBUG === "1" ? error.stack : error.message)) || error);
  const shown = process.env.ZENTHREX_DEBUG === "1" ? detail : detail.split("\n")[0];
  const fix = "fix:   Report it: it is a bug of zenthrex. ZENTHREX_DEBUG=1 shows where it happened.";
  // Nothing is shown that wasn't redacted: if even that can't be loaded, not the message either.
  return import("../dist/base/redact.js").then(
    (redactor) => [`error: unexpected ${redactor.redact(redactor.printable(shown))}`, fix],
    () => ["error: zenthrex can't start", fix],
  );
}

function packageVersion() {
  return require("../package.json").version;
}

// Node 22.1 and newer can keep compiled code: `serve` starts 100 ms sooner. Not in the shared temporary folder, which is the default: code that another user could
// put there would run with the key.
function useCompileCache() {
  const nodeModule = require("node:module");
  if (!nodeModule.enableCompileCache || process.env.NODE_COMPILE_CACHE || process.env.NODE_DISABLE_COMPILE_CACHE)
    return;
  const path = require("node:path");
  const env = process.env;
  const home = env.HOME || env.USERPROFILE;
  const cache =
    process.platform === "win32" ? env.LOCALAPPDATA : env.XDG_CACHE_HOME || (home && path.join(home, ".cache"));
  if (!cache || !path.isAbsolute(cache)) return;
  const directory = path.join(cache, "zenthrex");
  try {
    require("node:fs").mkdirSync(directory, { recursive: true, mode: 0o700 });
    nodeModule.enableCompileCache(directory);
  } catch (_error) {
    // Without a place for it there is no cache: slower, nothing else.
  }
}

function isOlder(version, wanted) {
  const have = version.split(".").map(Number);
  const need = wanted.split(".").map(Number);
  for (let index = 0; index < need.length; index++) {
    if (have[index] !== need[index]) return have[index] < need[index];
  }
  return false;
}

function ignoreClosedPipe(error) {
  if (error.code !== "EPIPE") throw error;
}
