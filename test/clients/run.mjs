// `npm run test:clients [-- name[@version]...]`: real clients from npm against `zenthrex serve --sandbox`.
// They are installed once, under ZENTHREX_CLIENTS_DIR or the temporary folder; then the run has no network but loopback (on Linux).
import { existsSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { clients } from "./registry.mjs";
import { startChecks, tableOf } from "./support/checks.mjs";
import { install, installPython, versionIn } from "./support/install.mjs";
import { isOffline, rerunOffline } from "./support/network.mjs";
import { clearAll } from "./support/programs.mjs";

const usage = `usage: npm run test:clients [-- name[@version]...]\nclients: ${Object.keys(clients).join(", ")}\n`;
const say = (text) => process.stdout.write(text);

/** What to run: each asked client at the asked version, else at those that its module names. */
async function plan(asked) {
  const runs = [];
  for (const word of asked.length > 0 ? asked : Object.keys(clients)) {
    const [, name, version] = /^([^@]+)(?:@(.+))?$/.exec(word) ?? [];
    if (clients[name] === undefined) throw new Error(`no client "${word}"\n${usage}`);
    const { default: client } = await clients[name]();
    for (const one of version === undefined ? client.versions : [version]) runs.push({ name, client, version: one });
  }
  return runs;
}

async function runClient({ name, client, version }, checks) {
  const packages = client.packages(version);
  const folder = install(client.installedAs ?? name, version, packages);
  const found = Object.keys(packages).map((packageName) => `${packageName} ${versionIn(folder, packageName)}`);
  say(`\n${name}: ${found.join(", ")}\n`);
  checks.begin(`${name}@${version}`, client.configuredBy);
  try {
    await client.run({ folder, version, check: checks.check, notRun: checks.notRun, say });
  } catch (error) {
    await checks.check(`${name} runs to its end`, () => {
      throw error;
    });
  } finally {
    clearAll();
  }
}

async function main(asked) {
  if (asked.some((word) => word === "--help" || word === "-h")) {
    say(usage);
    return 0;
  }
  const runs = await plan(asked);
  if (!existsSync(fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url)))) {
    throw new Error("dist/ is not built: run `npm run build` first");
  }
  for (const { name, client, version } of runs) {
    const folder = install(client.installedAs ?? name, version, client.packages(version));
    if (!isOffline) installPython(folder, client.python ?? []);
  }
  if (!isOffline) {
    const exitCode = await rerunOffline();
    if (exitCode !== undefined) return exitCode;
  }
  say(
    `node ${process.version}; network: ${isOffline ? "loopback only" : "not cut off"}; load average ${loadavg()[0].toFixed(1)}\n`,
  );
  const begun = performance.now();
  const checks = startChecks(say);
  for (const one of runs) await runClient(one, checks);
  const { passed, failed, notRun } = checks.tally;
  say(`\n${tableOf(checks.tally)}`);
  for (const { title, reason } of notRun) say(`\nnot run: ${title}: ${reason}`);
  say(
    `\n${passed} passed, ${failed} failed, ${notRun.length} not run (${Math.round((performance.now() - begun) / 1000)} s)\n`,
  );
  return failed === 0 && passed > 0 ? 0 : 1;
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    clearAll();
    process.exit(130);
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  clearAll();
  process.stderr.write(`test:clients: ${error.message}\n`);
  process.exitCode = 1;
}
