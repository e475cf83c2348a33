import type { ZenthrexError } from "../../base/errors.ts";
import { localHost } from "../../catalog/endpoints.ts";
import type { ExitCode } from "../command.ts";
import type { Context } from "../context.ts";
import { examineTakenPort } from "./port-taken.ts";
import type { Serving } from "./serving.ts";

/**
 * Says that a daemon of ours already serves on the port, if it is one; warns if it forwards elsewhere than asked for.
 * Throws: ZX_PORT_TAKEN when something else holds the port.
 */
export async function announceRunning(serving: Serving, cause: ZenthrexError, context: Context): Promise<ExitCode> {
  const port = serving.configuration.settings.port.value;
  const { facts } = await examineTakenPort(port, serving.localToken, context, cause);
  const url = `http://${localHost}:${port}`;
  const pid = facts === undefined ? "" : ` (pid ${facts.pid})`;
  const upstream = facts?.upstream ?? null;
  serving.log.ready(
    { url, port, upstream, already_running: true, pid: facts?.pid ?? null },
    `already running: a zenthrex of yours${pid} serves on ${url}${upstream === null ? "" : ` for ${upstream}`}\n`,
  );
  // The upstream of a sandbox is on this machine, at whatever port.
  const wanted = serving.options["sandbox"] === true ? "a sandbox" : serving.configuration.settings.upstream.value;
  const isOther =
    upstream !== null && (wanted === "a sandbox" ? !upstream.startsWith(`http://${localHost}:`) : upstream !== wanted);
  if (isOther) {
    serving.log.log({
      level: "warn",
      message: `it forwards to ${upstream}, not to ${wanted}: stop it first, or choose another --port`,
    });
  }
  return 0;
}
