import { ZenthrexError } from "../../base/errors.ts";
import { findKey, keyVariable } from "../../config/key.ts";
import { settings } from "../../config/schema.ts";
import type { Context } from "../context.ts";
import type { FoundDaemon } from "./find-daemon.ts";

/** The service doesn't see this shell, so neither must the settings that it is planned with. */
export function storedSettingsOnly(context: Context): Context {
  const variables = new Set(Object.values(settings).flatMap(({ variable }) => variable ?? []));
  const env = Object.fromEntries(Object.entries(context.env).filter(([name]) => !variables.has(name)));
  return { ...context, env };
}

/** Why a service would not work after a reboot; undefined where it would. */
export function serviceObstacle(
  { configuration, port }: Pick<FoundDaemon, "configuration" | "port">,
  context: Context,
): ZenthrexError | undefined {
  const hasStored = findKey({ env: {}, values: configuration.values }) !== undefined;
  if (!hasStored && context.env[keyVariable]) {
    return new ZenthrexError("ZX_AUTH_KEY_MISSING", `the key is only in ${keyVariable}, which a service doesn't see`, {
      fix: "Store it, readable by you only: zenthrex login.",
    });
  }
  if (port === 0) {
    return new ZenthrexError("ZX_USAGE", "a service needs a fixed port, and the configured one is 0", {
      fix: "Name one: zenthrex config set port 19368.",
    });
  }
  if (/[\\/]_npx[\\/]/.test(context.programPath)) {
    return new ZenthrexError("ZX_CHECK_FAILED", "this zenthrex lies in npx's cache, which is emptied now and then", {
      fix: "Install it first: npm install -g zenthrex.",
    });
  }
  return undefined;
}
