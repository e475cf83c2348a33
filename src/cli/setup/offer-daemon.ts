import { ZenthrexError } from "../../base/errors.ts";
import type { ExitCode, Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { type FoundDaemon, findDaemon } from "../daemon/find-daemon.ts";
import { pointingTools } from "../daemon/pointing-tools.ts";
import { serveInBackground } from "../daemon/serve-in-background.ts";
import { installService } from "../daemon/service-install.ts";
import { serviceObstacle, storedSettingsOnly } from "../daemon/service-obstacle.ts";
import { installedFile, thisService } from "../daemon/this-service.ts";
import { writeNote } from "../note.ts";
import { writeLine } from "../output.ts";
import { reportProof } from "./report-setup.ts";
import { mayAsk } from "./resolve-target.ts";
import type { ToolSetup } from "./tool-setup.ts";
import type { Verification } from "./verify-setup.ts";

/** A tool that points at a daemon of this machine, or would after a dry run. */
export interface PointedTool {
  readonly tool: ToolSetup;
  readonly origin: string;
  /** The proof that had to wait for the daemon; undefined where there is nothing to prove. */
  readonly prove: () => Promise<Verification | undefined>;
}

/**
 * The end of every set-up: where the tools would find no daemon, asks whether to install the service, or to start a daemon in the
 * background where there can be none; without anybody to answer one line names the commands. Nothing where a daemon serves.
 * Shape: the exit code of the set-up, or of a proof that was asked for and could be made only now.
 */
export async function offerDaemon(
  pointed: readonly PointedTool[],
  exitCode: ExitCode,
  options: Invocation["options"],
  context: Context,
): Promise<ExitCode> {
  const [first] = pointed;
  if (first === undefined) return exitCode;
  const { origin } = first;
  const { port } = new URL(origin);
  const daemon = await findDaemon({ port }, context);
  if (daemon.found.kind !== "nothing") return exitCode;
  const manager = await managerOf(daemon, context);
  const notRunning = `the daemon is not running on ${origin}`;
  if (manager === "installed") {
    writeNote(context, "note", `${notRunning}, though it is a service: \`zenthrex service status\``);
    return exitCode;
  }
  const configured = (await findDaemon({}, context)).port;
  const background = `zenthrex serve --background${configured === daemon.port ? "" : ` --port ${port}`}`;
  const commands = manager === undefined ? `\`${background}\`` : `\`zenthrex service install\`, or \`${background}\``;
  // A program that uses a library is only being written: who prints its steps needs no daemon yet.
  const isInUse = pointed.some(({ tool }) => tool.integration.place === "app");
  if (!isInUse || options["dryRun"] === true || options["list"] === true || !mayAsk(options, context)) {
    writeNote(context, "note", `${notRunning}: ${commands}`);
    return exitCode;
  }
  const isServing = manager === undefined ? await startOnce(port, context) : await startForGood(manager, context);
  if (!isServing) return exitCode;
  const wasAsked = options["verify"] === true || options["verify"] === "live";
  return proveAll(pointed, wasAsked ? 0 : exitCode, wasAsked, context);
}

/** After an undo: a daemon that no tool points at any more may be stopped. */
export async function offerStop(context: Context): Promise<void> {
  const daemon = await findDaemon({}, context);
  const isInstalled = isService(daemon.port, context);
  if (daemon.found.kind !== "ours" && !isInstalled) return;
  if ((await pointingTools(daemon.port, context)).length > 0) return;
  const command = isInstalled ? "zenthrex service uninstall" : "zenthrex stop";
  writeNote(context, "note", `no tool points at the daemon any more: \`${command}\``);
}

/** The name of the manager that would take a service for a port; undefined where none would. */
async function managerOf(daemon: FoundDaemon, context: Context): Promise<"installed" | string | undefined> {
  const stored = await findDaemon({}, storedSettingsOnly(context));
  if (!hasServices(context) || stored.port !== daemon.port) return undefined;
  if (isService(daemon.port, context)) return "installed";
  if (serviceObstacle(stored, context) !== undefined) return undefined;
  const { manager } = thisService(daemon.port, context);
  // In a container, or over some ways of logging in, systemd has no manager for this user.
  if (manager === "systemd" && (await context.exec("systemctl", ["--user", "show-environment"])).exitCode !== 0)
    return undefined;
  return manager;
}

function hasServices({ platform }: Context): boolean {
  return ["linux", "darwin", "win32"].includes(platform);
}

function isService(port: number, context: Context): boolean {
  return hasServices(context) && installedFile(thisService(port, context)) !== undefined;
}

async function startForGood(manager: string, context: Context): Promise<boolean> {
  for (const line of [
    "",
    `The daemon is not running. As a service of ${manager} it starts now, and by itself`,
    "whenever you log in. To take it back: zenthrex service uninstall",
  ])
    writeLine(context.stderr, line);
  return startIfWanted("Install the service? [Y/n] ", () => installService({}, context), context);
}

async function startOnce(port: string, context: Context): Promise<boolean> {
  writeLine(context.stderr, "\nThe daemon is not running. It can go on without a terminal, until zenthrex stop.");
  return startIfWanted("Start it in the background? [Y/n] ", () => serveInBackground({ port }, context), context);
}

/** Shape: true when a daemon serves now. The tools are set up all the same. */
async function startIfWanted(question: string, start: () => Promise<ExitCode>, context: Context): Promise<boolean> {
  // Who cancels the question has said no.
  const answer = await context.stdin.readLine(question).catch(() => "no");
  if (!["", "y", "yes"].includes(answer.trim().toLowerCase())) {
    writeLine(context.stderr, "Start it when you need it: zenthrex serve, or zenthrex serve --background");
    return false;
  }
  try {
    return (await start()) === 0;
  } catch (error) {
    if (!(error instanceof ZenthrexError)) throw error;
    writeNote(context, "warning", `the daemon was not started: ${error.message}. ${error.fix}`);
    return false;
  }
}

async function proveAll(
  pointed: readonly PointedTool[],
  exitCode: ExitCode,
  wasAsked: boolean,
  context: Context,
): Promise<ExitCode> {
  let last = exitCode;
  for (const { prove } of pointed) {
    const verification = await prove();
    if (verification === undefined) continue;
    reportProof(verification, context);
    if (wasAsked && verification.exitCode !== 0) last = verification.exitCode;
  }
  return last;
}
