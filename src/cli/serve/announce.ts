import { maskSecret } from "../../base/redact.ts";
import { localHost } from "../../catalog/endpoints.ts";
import type { RunningProxy } from "../../proxy/options.ts";
import type { Context } from "../context.ts";
import { createPaint } from "../output.ts";
import type { Serving } from "./serving.ts";
import { renderWelcome } from "./welcome.ts";

/** Says where the daemon serves, and what one should know of how it does. */
export function announce(
  serving: Serving,
  proxy: RunningProxy,
  upstream: string,
  isSandbox: boolean,
  context: Context,
): void {
  const { log, settings, options } = serving;
  const key = settings.apiKey();
  const shown = isSandbox
    ? "the sandbox's own; yours stays where it is"
    : key === undefined
      ? undefined
      : maskSecret(key);
  const { port, addresses } = proxy;
  const facts = { port, upstream, isSandbox, key: shown };
  const people = options["json"] === true ? "" : renderWelcome(facts, context, createPaint(context.color));
  log.ready(
    { url: `http://${localHost}:${port}`, port, addresses, upstream, sandbox: isSandbox, version: context.version },
    people,
  );
  if (serving.configuration.settings.allowNetwork.value) {
    log.log({
      level: "warn",
      message:
        "--allow-network: everybody on this network can reach the port and try tokens, over plain HTTP that others can read. " +
        "Names other than this machine's need proxy.allowedHosts",
    });
  }
  // People read it in the first screen.
  if (key === undefined && options["json"] === true)
    log.log({ level: "warn", message: "there is no key yet: requests are refused until `zenthrex login`" });
}
