import { findKey } from "../../config/key.ts";
import { stateDirectory } from "../../config/paths.ts";
import { fileError } from "../../config/read.ts";
import { type DaemonState, removeDaemonState, writeDaemonState } from "../../daemon/state-file.ts";
import type { Context } from "../context.ts";
import type { Serving } from "../serve/serving.ts";
import { keptOptions, settingVariables } from "./serve-options.ts";

/**
 * Leaves what `status`, `restart` and `logs` want to know of this daemon; the returned function removes it again. A daemon that can't
 * write it serves all the same.
 */
export function rememberDaemon(serving: Serving, port: number, context: Context): () => void {
  const directory = stateDirectory(context);
  const state: DaemonState = {
    port,
    pid: context.pid,
    startedAt: new Date(context.clock.now()).toISOString(),
    version: context.version,
    logFile: serving.logFile ?? null,
    keyFrom: keySource(serving, context),
    options: keptOptions(serving.options, context),
    variables: settingVariables(context.env),
  };
  try {
    writeDaemonState(directory, state);
  } catch (error) {
    const { message } = fileError(error, directory, "write");
    serving.log.log({ level: "warn", message: `${message}; zenthrex restart won't know this daemon's options` });
  }
  return () => {
    try {
      removeDaemonState(directory, port, context.pid);
    } catch {
      // A hint that stays behind is harmless: whoever reads it asks the port.
    }
  };
}

function keySource(serving: Serving, context: Context): DaemonState["keyFrom"] {
  if (serving.options["sandbox"] === true) return "sandbox";
  return findKey({ env: context.env, values: serving.configuration.values })?.from ?? null;
}
