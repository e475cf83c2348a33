import { ZenthrexError } from "../../base/errors.ts";
import type { JsonObject } from "../../base/json.ts";
import { findKey } from "../../config/key.ts";
import { localTokenOf } from "../../config/local-token.ts";
import type { WatchedConfig } from "../../config/read.ts";
import { resolveSetting, type SettingSources } from "../../config/resolve.ts";
import type { SettingName, Settings } from "../../config/schema.ts";
import type { Budget } from "../../history/budget.ts";
import type { ProxyOptions } from "../../proxy/options.ts";

/** What the proxy asks for on every request. */
export type LiveSettings = Pick<
  ProxyOptions,
  "apiKey" | "localToken" | "aliases" | "sonnetDefault" | "allowedHosts" | "allowedOrigins"
> & {
  /** Every key that was used since the start, for what must never be written: a stream that began with an older one may still run. */
  readonly usedKeys: () => readonly string[];
  /** The user's budgets, as they are now. */
  readonly budgets: () => readonly Budget[];
};

/** What live settings are made from. */
export interface LiveSources extends Omit<SettingSources, "values"> {
  readonly config: WatchedConfig;
  /** The token at the start: kept while the file has none. */
  readonly localToken: string;
  /** A key that is used whatever the config says: the sandbox's. */
  readonly fixedKey?: string;
  readonly warn: (error: ZenthrexError) => void;
}

/**
 * Settings that follow the config file: what another command changes counts from the next request on. A value that became bad is
 * warned of once and the last good one stays.
 * Throws: as the config layer does, for what is bad at the start.
 */
export function createLiveSettings(sources: LiveSources): LiveSettings {
  const live = <T>(read: (values: JsonObject) => T): (() => T) => follow(sources, read);
  const setting = <Name extends SettingName>(name: Name): (() => Settings[Name]) =>
    live((values) => resolveSetting(name, { ...sources, values }).value);
  const { fixedKey } = sources;
  const usedKeys = new Set(fixedKey === undefined ? [] : [fixedKey]);
  const readKey = live((values) => {
    const key = findKey({ env: sources.env, values })?.key;
    if (key !== undefined) usedKeys.add(key);
    return key;
  });
  return {
    apiKey: fixedKey === undefined ? readKey : () => fixedKey,
    usedKeys: () => [...usedKeys],
    localToken: live((values) => localTokenOf(values) ?? sources.localToken),
    aliases: setting("aliases"),
    sonnetDefault: setting("sonnetModel"),
    allowedHosts: setting("proxy.allowedHosts"),
    allowedOrigins: setting("proxy.allowedOrigins"),
    budgets: live((values) => budgetsOf({ ...sources, values })),
  };
}

/** The budgets that are set. Throws: ZX_CONFIG_INVALID. */
export function budgetsOf(sources: SettingSources): readonly Budget[] {
  return (["day", "month"] as const).flatMap((per) => {
    const set = resolveSetting(`budget.${per}`, sources).value;
    return set === undefined ? [] : [{ per, usd: set.usd, isHard: set.hard }];
  });
}

function follow<T>({ config, warn }: LiveSources, read: (values: JsonObject) => T): () => T {
  let seen = config.current();
  let value = read(seen);
  return () => {
    const values = config.current();
    if (values === seen) return value;
    seen = values;
    try {
      value = read(values);
    } catch (error) {
      if (!(error instanceof ZenthrexError)) throw error;
      warn(error);
    }
    return value;
  };
}
