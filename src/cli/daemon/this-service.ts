import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { ZenthrexError } from "../../base/errors.ts";
import { stateDirectory } from "../../config/paths.ts";
import { type Service, type ServiceCommand, serviceFor } from "../../daemon/service/service.ts";
import type { Context } from "../context.ts";
import { backgroundLog } from "./start-in-background.ts";

/** The service as this zenthrex would install it for this user. Throws: ZX_USAGE where there are none. */
export function thisService(port: number, context: Context): Service {
  const { uid, username } = userInfo();
  return serviceFor({
    platform: context.platform,
    env: context.env,
    home: context.home,
    uid,
    userName: username,
    nodePath: context.nodePath,
    programPath: context.programPath,
    stateDirectory: stateDirectory(context),
    logFile: backgroundLog(undefined, port, context),
  });
}

/** The bytes of the installed file; undefined where there is none. */
export function installedFile({ file }: Service): Buffer | undefined {
  try {
    return existsSync(file) ? readFileSync(file) : undefined;
  } catch {
    return undefined;
  }
}

/** The pid of the process that the manager runs for the service, where it tells. */
export async function servicePid(service: Service, context: Context): Promise<number | undefined> {
  if (installedFile(service) === undefined) return undefined;
  const [file, ...args] = service.query;
  const { exitCode, stdout } = await context.exec(file, args);
  return exitCode === 0 ? service.pidIn(stdout) : undefined;
}

/** Runs commands of the manager, one after the other. Throws: ZX_CHECK_FAILED with what it said. */
export async function runServiceCommands(
  { manager }: Service,
  commands: readonly ServiceCommand[],
  context: Context,
): Promise<void> {
  for (const [file, ...args] of commands) {
    const { exitCode, stderr, stdout } = await context.exec(file, args);
    if (exitCode === 0) continue;
    const said = ((stderr.trim() || stdout.trim()).split("\n")[0] ?? "").replace(/\.$/, "");
    const line = [file, ...args].join(" ");
    const what = exitCode === 127 ? `there is no ${file} here` : `\`${line}\` ended with exit code ${exitCode}`;
    throw new ZenthrexError("ZX_CHECK_FAILED", `${what}${said === "" ? "" : `: ${said}`}`, {
      fix: `Without ${manager}, start the daemon yourself: zenthrex serve --background.`,
    });
  }
}
