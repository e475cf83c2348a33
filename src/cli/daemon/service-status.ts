import type { ExitCode, Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { writeNote } from "../note.ts";
import { createPaint, writeJson, writeLine } from "../output.ts";
import { renderFacts } from "../table.ts";
import { findDaemon } from "./find-daemon.ts";
import { networkDifferences, unseenByService } from "./service-warnings.ts";
import { installedFile, servicePid, thisService } from "./this-service.ts";

/** `service status`: what is installed, whether it is what would be installed now, and whether it serves. */
export async function reportService(options: Invocation["options"], context: Context): Promise<ExitCode> {
  const daemon = await findDaemon({}, context);
  const service = thisService(daemon.port, context);
  const content = installedFile(service);
  const pid = await servicePid(service, context);
  const isServing = daemon.found.kind === "ours";
  const installed = content !== undefined;
  const isCurrent = content?.equals(service.content) === true;
  const warnings = [
    ...(installed && !isCurrent ? ["it was installed for another zenthrex or Node.js: zenthrex service install"] : []),
    ...networkDifferences(context).map(
      ({ variable, setting, isStored }) =>
        `${variable} of this shell is ${isStored ? "not what" : "unknown to"} the service${isStored ? " has" : ""}: zenthrex service install stores it as ${setting}`,
    ),
    ...unseenByService(daemon.configuration, context),
  ];
  const exitCode = installed && isServing ? 0 : 1;
  const { manager, file } = service;
  if (options["json"] === true) {
    const facts = { installed, up_to_date: isCurrent, running: isServing, pid: pid ?? null };
    writeJson(context.stdout, { version: 1, manager, file, ...facts, warnings: installed ? warnings : [] });
    return exitCode;
  }
  const paint = createPaint(context.color);
  if (!installed) {
    writeLine(context.stdout, `${paint.quiet("○")} zenthrex is no service here: zenthrex service install`);
    return exitCode;
  }
  const runs = pid === undefined ? "" : ` (pid ${pid})`;
  writeLine(
    context.stdout,
    `${isServing ? paint.good("●") : paint.bad("○")} zenthrex is a service of ${manager}${runs} and ${isServing ? "serves" : "does not serve"}`,
  );
  writeLine(context.stdout, renderFacts([["File", file]], paint.quiet).replace(/^/gm, "  "));
  for (const warning of warnings) writeNote(context, "warning", warning);
  return exitCode;
}
