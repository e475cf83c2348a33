import { findKey, keyVariable } from "../../config/key.ts";
import { ensureLocalToken } from "../../config/local-token.ts";
import type { Command, ExitCode } from "../command.ts";
import { loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { type FoundDaemon, findDaemon } from "../daemon/find-daemon.ts";
import { logInstead } from "../daemon/log-output.ts";
import { reportBackground } from "../daemon/report-background.ts";
import { restartedEnvironment } from "../daemon/serve-options.ts";
import { restartService, runningService } from "../daemon/service-restart.ts";
import { backgroundLog, startInBackground } from "../daemon/start-in-background.ts";
import { handOver } from "../daemon/stop-found.ts";
import { writeNote } from "../note.ts";

const restart: Command = {
  description:
    "Starts the daemon again, in the background, with the options and ZENTHREX_* settings that it has now (a service: by its manager); the key is the " +
    "stored one, or this shell's ZENTHREX_KEY. The old one lets its running answers end while the new one already serves.",
  examples: [{ run: "zenthrex restart", does: "after an update, or after a change of settings" }],
  options: [{ flags: "--port <port>", description: "the daemon on this port instead of the configured one" }],
  exitCodes: {
    0: "it serves again",
    1: "it could not be stopped, or did not come back",
    2: "wrong usage",
    5: "the port is held by something else",
    6: "the config file or the log can't be used",
  },
  json: [
    '{"version":1,"running":true,"already_running":false,"url":"...","port":19368,',
    ' "pid":4711,"upstream":"...","log":"..."}',
  ].join("\n"),
  async run({ options }, context) {
    const daemon = await findDaemon(options, context);
    return startAgain(daemon, options["json"] === true, context);
  },
};

export default restart;

async function startAgain(daemon: FoundDaemon, json: boolean, context: Context): Promise<ExitCode> {
  const { port, state } = daemon;
  const service = await runningService(daemon, context);
  const env = restartedEnvironment(context.env, state?.variables ?? {});
  const options = state?.options ?? {};
  const configuration = loadConfiguration({ ...context, env }, options);
  const localToken = await ensureLocalToken(configuration.paths, context.randomBytes);
  const logFile = backgroundLog(state?.logFile ?? undefined, port, context);
  // Before the old one ends: a log that can't be written would keep the new one from starting.
  logInstead(logFile, context).file.close();
  if (service !== undefined) return restartService(service, daemon, json, context);
  await handOver(daemon, context);
  const warn = (message: string): void => writeNote(context, "warning", message);
  if (daemon.found.kind === "ours" && state === undefined)
    warn("its options were not known: the configured ones count");
  if (state?.keyFrom === "environment" && !env[keyVariable])
    warn(`the daemon had its key from ${keyVariable}, which this shell has not: zenthrex login stores one for good`);
  const started = await startInBackground({ port, localToken, options, env, logFile }, context);
  const isSandbox = options["sandbox"] === true;
  const asked = {
    json,
    upstream: isSandbox ? undefined : configuration.settings.upstream.value,
    hasKey: isSandbox || findKey({ env, values: configuration.values }) !== undefined,
  };
  return reportBackground(started, asked, context);
}
