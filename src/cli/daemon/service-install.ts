import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ZenthrexError } from "../../base/errors.ts";
import { localHost } from "../../catalog/endpoints.ts";
import { findKey } from "../../config/key.ts";
import { ensureLocalToken } from "../../config/local-token.ts";
import { fileError } from "../../config/read.ts";
import { settings } from "../../config/schema.ts";
import { updateConfig } from "../../config/store.ts";
import { withValue } from "../../config/with-value.ts";
import { describeOwner } from "../../daemon/find-port-owner.ts";
import { proveDaemon } from "../../daemon/prove.ts";
import { replaceServiceFile } from "../../daemon/service/replace-service-file.ts";
import type { Service } from "../../daemon/service/service.ts";
import type { ExitCode, Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { oneLine } from "../format.ts";
import { writeNote } from "../note.ts";
import { createPaint, writeJson, writeLine } from "../output.ts";
import { renderFacts } from "../table.ts";
import { type FoundDaemon, findDaemon } from "./find-daemon.ts";
import { serviceObstacle, storedSettingsOnly } from "./service-obstacle.ts";
import { type NetworkDifference, networkDifferences, unseenByService } from "./service-warnings.ts";
import { stopFound } from "./stop-found.ts";
import { installedFile, runServiceCommands, thisService } from "./this-service.ts";

/**
 * `service install`: stores what a service can't see in the config, writes the manager's file, starts the service and waits for its
 * proof. Throws: ZX_AUTH_KEY_MISSING, ZX_PORT_TAKEN, ZX_FILE_*, ZX_CHECK_FAILED.
 */
export async function installService(options: Invocation["options"], context: Context): Promise<ExitCode> {
  const daemon = await findDaemon({}, storedSettingsOnly(context));
  const service = thisService(daemon.port, context);
  const differences = networkDifferences(context);
  const warnings = warningsOf(daemon, context);
  if (options["dryRun"] === true) return showPlan(service, differences, warnings, options, context);
  const obstacle = serviceObstacle(daemon, context);
  if (obstacle !== undefined) throw obstacle;
  await storeNetwork(daemon, differences, context);
  const localToken = await ensureLocalToken(daemon.configuration.paths, context.randomBytes);
  requireNoStranger(daemon);
  await register(service, context);
  // Whatever of ours runs now would keep the service from its port.
  await stopFound(daemon, false, context);
  for (const [file, ...args] of service.reset) await context.exec(file, args);
  await runServiceCommands(service, service.start, context);
  const isServing = await untilServing(daemon.port, localToken);
  report({ service, daemon, differences, warnings, isServing }, options, context);
  return isServing ? 0 : 1;
}

function requireNoStranger({ found, port }: FoundDaemon): void {
  if (found.kind !== "stranger") return;
  throw new ZenthrexError("ZX_PORT_TAKEN", `port ${port} of ${localHost} is held by ${describeOwner(found.owner)}`, {
    fix: "Stop it, or choose another port: zenthrex config set port <port>.",
  });
}

function warningsOf({ configuration }: FoundDaemon, context: Context): string[] {
  const hasKey = findKey({ env: {}, values: configuration.values }) !== undefined;
  const noKey = hasKey ? [] : ["there is no stored key yet: requests are refused until `zenthrex login`"];
  return [...noKey, ...unseenByService(configuration, context)];
}

async function storeNetwork(
  { configuration }: FoundDaemon,
  differences: readonly NetworkDifference[],
  context: Context,
): Promise<void> {
  if (differences.length === 0) return;
  for (const { setting, variable, shell } of differences) {
    try {
      settings[setting].fromText(shell);
    } catch {
      throw new ZenthrexError("ZX_USAGE", `${variable} of this shell can't be stored for the service`, {
        fix: `It takes ${settings[setting].takes}: correct it, or unset it for this command.`,
      });
    }
  }
  await updateConfig(configuration.paths, (values) =>
    differences.reduce((all, { setting, shell }) => withValue(all, setting.split("."), shell), values),
  );
  for (const { setting, variable } of differences)
    writeNote(context, "note", `${variable} of this shell is stored as ${setting}, where the service finds it`);
}

/** A service that the manager doesn't take leaves no file behind. */
async function register(service: Service, context: Context): Promise<void> {
  const { file, content } = service;
  const isNew = installedFile(service) === undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    replaceServiceFile(file, content);
  } catch (error) {
    throw fileError(error, file, "write");
  }
  try {
    await runServiceCommands(service, service.register, context);
  } catch (error) {
    if (isNew) rmSync(file, { force: true });
    throw error;
  }
}

const SERVES_WITHIN_MS = 20_000;

async function untilServing(port: number, localToken: string): Promise<boolean> {
  for (const deadline = performance.now() + SERVES_WITHIN_MS; performance.now() < deadline; await delay(100)) {
    if ((await proveDaemon(port, localToken)) === "ours") return true;
  }
  return false;
}

function showPlan(
  service: Service,
  differences: readonly NetworkDifference[],
  warnings: readonly string[],
  options: Invocation["options"],
  context: Context,
): ExitCode {
  const { manager, file, content, register: before, start } = service;
  const commands = [...before, ...start];
  const text = content.toString(content[0] === 0xff ? "utf16le" : "utf8").replace(/^\ufeff/, "");
  const stored = differences.map(({ setting }) => setting);
  if (options["json"] === true) {
    writeJson(context.stdout, { version: 1, manager, file, content: text, commands, stored, warnings });
    return 0;
  }
  const paint = createPaint(context.color);
  writeLine(context.stdout, paint.quiet(`# ${oneLine(file)}`));
  context.stdout.write(`${text}\n`);
  writeLine(context.stdout, paint.quiet("# then"));
  for (const command of commands) writeLine(context.stdout, command.join(" "));
  for (const { setting, variable } of differences)
    writeNote(context, "note", `${variable} of this shell would be stored as ${setting}`);
  warn(warnings, context);
  return 0;
}

interface Installed {
  readonly service: Service;
  readonly daemon: FoundDaemon;
  readonly differences: readonly NetworkDifference[];
  readonly warnings: readonly string[];
  readonly isServing: boolean;
}

function report(installed: Installed, options: Invocation["options"], context: Context): void {
  const { service, daemon, differences, warnings, isServing } = installed;
  const { manager, file, note } = service;
  if (options["json"] === true) {
    const stored = differences.map(({ setting }) => setting);
    writeJson(context.stdout, { version: 1, manager, file, installed: true, running: isServing, stored, warnings });
    return;
  }
  const paint = createPaint(context.color);
  const url = `http://${localHost}:${daemon.port}`;
  if (isServing)
    writeLine(context.stdout, `${paint.good("●")} zenthrex is a service of ${manager} now and serves on ${url}`);
  else writeNote(context, "error", `the service is installed, but nothing serves on ${url} yet`);
  writeLine(
    context.stdout,
    renderFacts(
      [
        ["File", file],
        ["Log", "zenthrex logs"],
        ["Undo", "zenthrex service uninstall"],
      ],
      paint.quiet,
    ).replace(/^/gm, "  "),
  );
  if (note !== undefined) writeLine(context.stdout, paint.quiet(note));
  warn(warnings, context);
}

function warn(warnings: readonly string[], context: Context): void {
  for (const warning of warnings) writeNote(context, "warning", warning);
}
