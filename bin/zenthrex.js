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
  start().catch(fail);
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

// A finished command ends, even if a socket or child was forgotten. process.exit() would cut output that a slow pipe hasn't taken
// yet; handles that no longer count let the process end by itself, after its last write.
function releaseHandles() {
  const handles = process._getActiveHandles ? process._getActiveHandles() : [];
  for (const handle of handles) {
    if (typeof handle.unref === "function") handle.unref();
  }
}

function fail(error) {
  const isUnbuilt =
    error.code === "ERR_MODULE_NOT_FOUND" && !require("node:fs").existsSync(`${__dirname}/../dist/cli/main.js`);
  if (isUnbuilt) {
    process.stderr.write("error: zenthrex is not built: dist/ is missing\n");
    process.stderr.write(`fix:   Run \`npm ci && npm run build\` in ${require("node:path").dirname(__dirname)}.\n`);
    process.exitCode = 6;
    return;
  }
  const detail = process.env.ZENTHREX_DEBUG === "1" ? error.stack : String(error.message).split("\n")[0];
  process.stderr.write(`error: zenthrex can't start: ${detail}\n`);
  process.exitCode = 70;
}

function packageVersion() {
  return require("../package.json").version;
}

// Node 22.1 and newer keep compiled code. Not in the shared temporary folder, which is the default: code that another user could
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
  if (cache && path.isAbsolute(cache)) nodeModule.enableCompileCache(path.join(cache, "zenthrex"));
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
