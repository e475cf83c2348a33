import { rmSync } from "node:fs";
import { fileError } from "../../config/read.ts";
import type { ServiceCommand } from "../../daemon/service/service.ts";
import type { ExitCode, Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { writeJson, writeLine } from "../output.ts";
import { type FoundDaemon, findDaemon } from "./find-daemon.ts";
import { stopFound } from "./stop-found.ts";
import { installedFile, runServiceCommands, servicePid, thisService } from "./this-service.ts";

/** `service uninstall`: lets the service's running answers end, takes it from the manager and removes its file. */
export async function uninstallService(options: Invocation["options"], context: Context): Promise<ExitCode> {
  const daemon = await findDaemon({}, context);
  const service = thisService(daemon.port, context);
  const { manager, file, uninstall, afterRemoval } = service;
  const json = options["json"] === true;
  if (installedFile(service) === undefined) {
    if (json) writeJson(context.stdout, { version: 1, manager, file, installed: false, removed: false });
    else writeLine(context.stdout, "zenthrex is no service here: nothing to remove.");
    return 0;
  }
  if (options["dryRun"] === true) {
    for (const command of [...uninstall, ["remove", file] as ServiceCommand, ...afterRemoval])
      writeLine(context.stdout, command.join(" "));
    return 0;
  }
  if (isOfService(daemon, await servicePid(service, context), context)) await stopFound(daemon, false, context);
  await runServiceCommands(service, uninstall, context);
  try {
    rmSync(file, { force: true });
  } catch (error) {
    throw fileError(error, file, "write");
  }
  await runServiceCommands(service, afterRemoval, context);
  if (json) writeJson(context.stdout, { version: 1, manager, file, installed: false, removed: true });
  else writeLine(context.stdout, `zenthrex is no service of ${manager} any more. Settings and keys are as they were.`);
  return 0;
}

/** The Task Scheduler doesn't know the pid of what its task left running. */
function isOfService({ found }: FoundDaemon, pid: number | undefined, context: Context): boolean {
  if (found.kind !== "ours") return false;
  return context.platform === "win32" || (pid !== undefined && pid === found.facts?.pid);
}
