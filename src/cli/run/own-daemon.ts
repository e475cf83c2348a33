import { networkInterfaces } from "node:os";
import { ZenthrexError } from "../../base/errors.ts";
import { localHost } from "../../catalog/endpoints.ts";
import { watchConfigFile } from "../../config/read.ts";
import type { Configuration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { writeLine } from "../output.ts";
import { createLiveSettings } from "../serve/live-settings.ts";
import { openServeHistory } from "../serve/serve-history.ts";
import { sandboxKey } from "../serve/serving.ts";
import { withUpstream } from "../with-upstream.ts";

/** What a daemon for one child needs. */
export interface OwnDaemonOptions {
  readonly configuration: Configuration;
  readonly localToken: string;
  readonly isSandbox: boolean;
}

/** The child has ended: nobody reads what still runs. */
const CLOSE_MS = 500;

/**
 * Serves in this process, on a free port, for as long as the work takes. It says nothing meanwhile: the terminal is the child's.
 * Throws: ZX_AUTH_KEY_MISSING without a key; whatever keeps the daemon from starting.
 */
export async function withOwnDaemon<T>(
  options: OwnDaemonOptions,
  context: Context,
  work: (origin: string) => Promise<T>,
): Promise<T> {
  const { paths, settings } = options.configuration;
  const quiet = (): void => undefined;
  const {
    budgets,
    usedKeys: _,
    ...live
  } = createLiveSettings({
    env: context.env,
    file: paths.file,
    config: watchConfigFile(paths.file, quiet),
    localToken: options.localToken,
    warn: quiet,
    ...(options.isSandbox ? { fixedKey: sandboxKey } : {}),
  });
  if (live.apiKey() === undefined) {
    throw new ZenthrexError("ZX_AUTH_KEY_MISSING", "no daemon runs, and there is no key to start one with");
  }
  const sandbox = options.isSandbox
    ? await (await import("../../sandbox/start-sandbox.ts")).startSandbox({ clock: context.clock })
    : undefined;
  try {
    return await withUpstream(context, sandbox?.url ?? settings.upstream.value, async (upstream) => {
      const [{ startProxy }, { watchNetwork }] = await Promise.all([
        import("../../proxy/start-proxy.ts"),
        import("../../upstream/watch-network.ts"),
      ]);
      // The terminal is the child's: what the history has to say is said behind its end.
      const told: string[] = [];
      const history = openServeHistory(
        {
          origin: sandbox === undefined ? upstream.origin : "sandbox",
          budgets,
          upstream,
          apiKey: live.apiKey,
          sink: { started: quiet, ended: quiet },
          tell: (message) => told.push(message),
        },
        context,
      );
      const proxy = await startProxy({
        ...live,
        port: 0,
        addresses: [localHost],
        allowNetwork: false,
        upstream,
        sink: history.sink,
        checkBudget: history.checkBudget,
        log: quiet,
        clock: context.clock,
        version: context.version,
        chat: settings.chat.value,
        strict: settings.strict.value,
        autoCache: settings.autoCache.value,
      });
      const unwatch = watchNetwork(context.clock, networkInterfaces, () => upstream.dropIdle());
      try {
        return await work(`http://${localHost}:${proxy.port}`);
      } finally {
        unwatch();
        await proxy.close(CLOSE_MS);
        history.close();
        for (const message of new Set(told)) writeLine(context.stderr, `zenthrex: ${message}`);
      }
    });
  } finally {
    await sandbox?.stop();
  }
}
