import type { ZenthrexError } from "../../base/errors.ts";
import { localHost } from "../../catalog/endpoints.ts";
import type { ExitCode } from "../command.ts";
import type { Context } from "../context.ts";
import { describeRunning } from "./describe-running.ts";
import { examineTakenPort } from "./port-taken.ts";
import type { Serving } from "./serving.ts";

/**
 * Says that a daemon of ours already serves on the port, if it is one; warns if it forwards elsewhere than asked for, or is of another
 * version. Throws: ZX_PORT_TAKEN when something else holds the port.
 */
export async function announceRunning(serving: Serving, cause: ZenthrexError, context: Context): Promise<ExitCode> {
  const { port, upstream } = serving.configuration.settings;
  const { facts } = await examineTakenPort(port.value, serving.localToken, context, cause);
  const wanted = serving.options["sandbox"] === true ? undefined : upstream.value;
  const { sentence, warnings } = describeRunning(port.value, facts, wanted, context);
  const url = `http://${localHost}:${port.value}`;
  serving.log.ready(
    { url, port: port.value, upstream: facts?.upstream ?? null, already_running: true, pid: facts?.pid ?? null },
    `${sentence}\n`,
  );
  for (const message of warnings) serving.log.log({ level: "warn", message });
  return 0;
}
