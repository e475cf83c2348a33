import { findKey } from "../../config/key.ts";
import { ensureLocalToken } from "../../config/local-token.ts";
import type { ExitCode, Invocation } from "../command.ts";
import { loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { reportBackground } from "./report-background.ts";
import { keptOptions } from "./serve-options.ts";
import { startInBackground } from "./start-in-background.ts";

/** `serve --background`: starts a daemon that goes on without a terminal, or finds that one runs. Throws: ZX_PORT_TAKEN, ZX_FILE_*. */
export async function serveInBackground(options: Invocation["options"], context: Context): Promise<ExitCode> {
  const configuration = loadConfiguration(context, options);
  const localToken = await ensureLocalToken(configuration.paths, context.randomBytes);
  const started = await startInBackground(
    {
      port: configuration.settings.port.value,
      localToken,
      options: keptOptions(options, context),
      env: context.env,
      logFile: typeof options["logFile"] === "string" ? options["logFile"] : undefined,
    },
    context,
  );
  const isSandbox = options["sandbox"] === true;
  const asked = {
    json: options["json"] === true,
    upstream: isSandbox ? undefined : configuration.settings.upstream.value,
    hasKey: isSandbox || findKey({ env: context.env, values: configuration.values }) !== undefined,
  };
  return reportBackground(started, asked, context);
}
