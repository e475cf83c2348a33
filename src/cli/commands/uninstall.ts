import { ZenthrexError } from "../../base/errors.ts";
import type { Command, ExitCode } from "../command.ts";
import type { Context } from "../context.ts";
import { findDaemon, otherDaemons } from "../daemon/find-daemon.ts";
import { deleteOwnFiles } from "../daemon/own-files.ts";
import { uninstallService } from "../daemon/service-uninstall.ts";
import { stopFound } from "../daemon/stop-found.ts";
import { installedFile, thisService } from "../daemon/this-service.ts";
import { oneLine } from "../format.ts";
import { writeJson, writeLine } from "../output.ts";
import { selfCommandForPeople } from "../self-command.ts";
import logout from "./logout.ts";

const uninstall: Command = {
  description:
    "Takes zenthrex off this machine, but for its package: restores every tool's settings, removes the service, stops the daemon, removes " +
    "the key, the local token, settings, logs and the request history. Asks once before. Where a tool can't be restored, the rest goes on and its receipt stays.",
  examples: [
    { run: "zenthrex uninstall", does: "say what goes, ask, do it" },
    { run: "zenthrex uninstall --yes", does: "the same without asking" },
  ],
  options: [
    { flags: "--yes", description: "don't ask" },
    { flags: "--dry-run", description: "only say what goes" },
  ],
  exitCodes: {
    0: "done, or nothing was there",
    1: "the service or a daemon could not be stopped",
    2: "wrong usage, or nobody is there to ask",
    5: "the daemon's port is held by something else",
    6: "a file can't be read or written",
  },
  json: '{"version":1,"restored":true,"service_removed":true,"stopped_ports":[19368],"deleted_files":["..."]}',
  async run({ options }, context) {
    const json = options["json"] === true;
    const plan = await whatGoes(context);
    if (options["dryRun"] === true) {
      if (json) writeJson(context.stdout, { version: 1, plan });
      else for (const line of plan) writeLine(context.stdout, line);
      return 0;
    }
    if (options["yes"] !== true && !(await agreed(plan, json, context))) {
      writeLine(context.stdout, "Nothing was changed.");
      return 0;
    }
    return takeAway(json, context);
  },
};

export default uninstall;

async function whatGoes(context: Context): Promise<string[]> {
  const daemon = await findDaemon({}, context);
  const ports = await runningPorts(context);
  const hasService = serviceOf(daemon.port, context) !== undefined;
  return [
    "Restores the settings of every tool that zenthrex was set up for",
    ...(hasService ? ["Removes the service"] : []),
    ...ports.map((port) => `Stops the daemon on port ${port}`),
    "Removes the key from every place where zenthrex keeps it",
    "Deletes settings, local token, logs and the request history:",
    `  ${daemon.configuration.paths.file}`,
    `  ${daemon.stateDirectory}`,
  ];
}

async function agreed(plan: readonly string[], json: boolean, context: Context): Promise<boolean> {
  if (json || !context.stdin.isTty) {
    throw new ZenthrexError("ZX_USAGE", "nobody is there to be asked", { fix: "Say --yes; see first: --dry-run." });
  }
  for (const line of plan) writeLine(context.stderr, line);
  return /^y(es)?$/i.test((await context.stdin.readLine("Go on? [y/N] ")).trim());
}

/** The tools first: while one still points here, the token and the daemon are worth keeping. */
async function takeAway(json: boolean, context: Context): Promise<ExitCode> {
  const quiet = json ? { ...context, stdout: { ...context.stdout, write: () => undefined } } : context;
  const [{ undoEvery }, { integrations }] = await Promise.all([
    import("../setup/every-tool.ts"),
    import("../../integrations/registry.ts"),
  ]);
  const undone = await undoEvery(integrations, { yes: true }, quiet);
  const { port } = await findDaemon({}, context);
  const hadService = serviceOf(port, context) !== undefined;
  if (hadService) await uninstallService({}, quiet);
  const stopped = await runningPorts(context);
  for (const each of stopped) {
    await stopFound(await findDaemon({ port: String(each) }, context), false, context);
    writeLine(quiet.stdout, `Stopped the daemon on port ${each}.`);
  }
  await logout.run({ args: {}, options: {} }, quiet, {});
  const deleted = await deleteOwnFiles(context);
  if (json) {
    const facts = { restored: undone === 0, service_removed: hadService, stopped_ports: stopped };
    writeJson(context.stdout, { version: 1, ...facts, deleted_files: deleted });
    return undone;
  }
  for (const file of deleted) writeLine(context.stdout, `Deleted ${oneLine(file)}`);
  const isInstalled = selfCommandForPeople(context) === "zenthrex";
  if (isInstalled) writeLine(context.stdout, "What is left is the package: npm uninstall -g zenthrex");
  return undone;
}

/** Every port on which a daemon of ours serves. */
async function runningPorts(context: Context): Promise<number[]> {
  const daemon = await findDaemon({}, context);
  const others = await otherDaemons(daemon);
  return daemon.found.kind === "ours" ? [daemon.port, ...others] : others;
}

/** The installed service's file; undefined where none is, or can't be. */
function serviceOf(port: number, context: Context): Buffer | undefined {
  return ["linux", "darwin", "win32"].includes(context.platform)
    ? installedFile(thisService(port, context))
    : undefined;
}
