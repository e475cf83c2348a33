import { setTimeout as delay } from "node:timers/promises";
import { ZenthrexError } from "../../base/errors.ts";
import { localHost } from "../../catalog/endpoints.ts";
import { describeDaemon, proveDaemon } from "../../daemon/prove.ts";
import type { Service } from "../../daemon/service/service.ts";
import type { ExitCode } from "../command.ts";
import type { Context } from "../context.ts";
import { createPaint, writeJson, writeLine } from "../output.ts";
import type { FoundDaemon } from "./find-daemon.ts";
import { stopFound } from "./stop-found.ts";
import { runServiceCommands, servicePid, thisService } from "./this-service.ts";

/** The service that a running daemon belongs to; undefined where it belongs to none, or nobody can tell. */
export async function runningService({ found, port }: FoundDaemon, context: Context): Promise<Service | undefined> {
  const pid = found.kind === "ours" ? found.facts?.pid : undefined;
  if (pid === undefined || !["linux", "darwin", "win32"].includes(context.platform)) return undefined;
  const service = thisService(port, context);
  return (await servicePid(service, context)) === pid ? service : undefined;
}

const COMES_WITHIN_MS = 20_000;

/** Lets the service's daemon end and its manager start it again: started by us it would be the manager's no more. */
export async function restartService(
  service: Service,
  daemon: FoundDaemon,
  json: boolean,
  context: Context,
): Promise<ExitCode> {
  const { port, localToken } = daemon;
  await stopFound(daemon, false, context);
  await runServiceCommands(service, service.startAgain, context);
  const url = `http://${localHost}:${port}`;
  for (const deadline = performance.now() + COMES_WITHIN_MS; performance.now() < deadline; await delay(50)) {
    if ((await proveDaemon(port, localToken)) !== "ours") continue;
    const facts = await describeDaemon(port, localToken);
    const { pid, upstream } = { pid: facts?.pid ?? null, upstream: facts?.upstream ?? null };
    if (json) {
      const log = daemon.state?.logFile ?? null;
      writeJson(context.stdout, { version: 1, running: true, already_running: false, url, port, pid, upstream, log });
    } else {
      const dot = createPaint(context.color).good("●");
      writeLine(
        context.stdout,
        `${dot} zenthrex ${context.version} serves on ${url} as a service of ${service.manager} (pid ${pid})`,
      );
    }
    return 0;
  }
  throw new ZenthrexError("ZX_CHECK_FAILED", `${service.manager} has not started zenthrex again within 20 s`, {
    fix: "See zenthrex logs and zenthrex service status.",
  });
}
