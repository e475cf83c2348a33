import { posix, win32 } from "node:path";
import { isJsonObject } from "../base/json.ts";
import { nearest } from "../base/registry.ts";
import { hostedOrigin, localPort } from "../catalog/endpoints.ts";
import { aliasTable, expected, hostName, modelId, proxyUrl, upstreamOrigin, webOrigin } from "./setting-values.ts";

/** Every setting with the type of its value. Names with a dot lie in an object of the config file. */
export interface Settings {
  readonly port: number;
  readonly upstream: string;
  readonly chat: "translate" | "upstream";
  readonly strict: boolean;
  readonly autoCache: boolean;
  readonly allowNetwork: boolean;
  readonly sonnetModel: string | undefined;
  readonly aliases: Readonly<Record<string, string>>;
  readonly "proxy.allowedHosts": readonly string[];
  readonly "proxy.allowedOrigins": readonly string[];
  readonly "network.proxy": string | undefined;
  readonly "network.noProxy": string | undefined;
  readonly "network.caFile": string | undefined;
  readonly "budget.day": BudgetSetting | undefined;
  readonly "budget.month": BudgetSetting | undefined;
}

/** What may be spent in a day or a month. Units: USD at list prices. `hard`: what would cost more is refused, not only warned of. */
export interface BudgetSetting {
  readonly usd: number;
  readonly hard: boolean;
}

/** The name of a setting. */
export type SettingName = keyof Settings;

/** One setting: what help says of it, and how a text or a JSON value becomes its value. */
export interface Setting<T> {
  readonly description: string;
  /** What it takes, for help: "a port number". */
  readonly takes: string;
  readonly example: string;
  readonly defaultValue: T;
  /** The environment variable that sets it, where there is one. */
  readonly variable?: string;
  /** Throws: Error whose message says what was expected; it never quotes the value. */
  readonly fromText: (text: string) => T;
  readonly fromJson: (value: unknown) => T;
  /** The value as it may be shown, where it can hold a password. */
  readonly shown?: (value: T) => T;
}

/** A setting whose JSON value is a scalar: it is parsed as its text would be. */
const scalar = <T>(row: Omit<Setting<T>, "fromJson">): Setting<T> => ({
  ...row,
  fromJson: (value) =>
    ["string", "number", "boolean"].includes(typeof value) ? row.fromText(String(value)) : expected(row.takes),
});

const flag = (description: string, defaultValue: boolean, variable: string): Setting<boolean> => {
  const takes = "true or false";
  const words = new Map([
    ...["true", "1", "yes"].map((word) => [word, true] as const),
    ...["false", "0", "no"].map((word) => [word, false] as const),
  ]);
  const fromText = (text: string): boolean => words.get(text.trim().toLowerCase()) ?? expected(takes);
  return scalar({ description, takes, example: String(!defaultValue), defaultValue, variable, fromText });
};

const budget = (per: "day" | "month", example: string): Setting<BudgetSetting | undefined> => {
  const takes = "dollars, such as 5 or 2.50, and behind them hard where spending is to stop";
  const fromText = (text: string): BudgetSetting => {
    const found = /^\$?(\d{1,7}(?:\.\d{1,4})?)(?:[\s,]+(hard|soft))?$/.exec(text.trim().toLowerCase());
    const usd = Number(found?.[1]);
    return usd > 0 ? { usd, hard: found?.[2] === "hard" } : expected(takes);
  };
  return {
    description: `what may be spent in a ${per} (see zenthrex budget)`,
    takes,
    example,
    defaultValue: undefined,
    fromText,
    fromJson: (value) => {
      if (!isJsonObject(value))
        return typeof value === "string" || typeof value === "number" ? fromText(String(value)) : expected(takes);
      const { usd, hard } = value;
      return typeof usd === "number" && usd > 0 && Number.isFinite(usd)
        ? { usd, hard: hard === true }
        : expected(takes);
    },
  };
};

const list = (row: Omit<Setting<readonly string[]>, "fromJson" | "fromText">, item: (text: string) => string) => ({
  ...row,
  fromText: (text: string): readonly string[] =>
    text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "")
      .map(item),
  fromJson: (value: unknown): readonly string[] =>
    Array.isArray(value) && value.every((part) => typeof part === "string") ? value.map(item) : expected(row.takes),
});

/** The settings in the order in which they are listed. */
export const settings: { readonly [Name in SettingName]: Setting<Settings[Name]> } = {
  port: scalar({
    description: "port of the daemon on 127.0.0.1",
    takes: "a port number, 0 to 65535 (0 takes a free one)",
    example: "19400",
    defaultValue: localPort,
    variable: "ZENTHREX_PORT",
    fromText: (text) =>
      /^\d{1,5}$/.test(text.trim()) && Number(text) <= 65_535
        ? Number(text)
        : expected("a port number, 0 to 65535 (0 takes a free one)"),
  }),
  upstream: scalar({
    description: "origin that requests and the key go to; nowhere else",
    takes: "an https:// origin, or http:// for this machine only",
    example: "https://gateway.example.com",
    defaultValue: hostedOrigin,
    variable: "ZENTHREX_UPSTREAM",
    fromText: upstreamOrigin,
  }),
  chat: scalar({
    description: "Chat Completions: translate them here, or forward them to the upstream's own mirror",
    takes: "translate or upstream",
    example: "upstream",
    defaultValue: "translate",
    variable: "ZENTHREX_CHAT",
    fromText: (text) => (text === "translate" || text === "upstream" ? text : expected("translate or upstream")),
  }),
  strict: flag("refuse a request that a translation can't carry whole, instead of warning", false, "ZENTHREX_STRICT"),
  autoCache: flag("mark long prompts for the prompt cache when the client can't", true, "ZENTHREX_AUTO_CACHE"),
  allowNetwork: flag("listen on every address of this machine, not only on 127.0.0.1", false, "ZENTHREX_ALLOW_NETWORK"),
  sonnetModel: scalar({
    description: "what a Sonnet name means while the hosted API lists no Sonnet model",
    takes: "a model id",
    example: "claude-haiku-4-5",
    defaultValue: undefined,
    variable: "ZENTHREX_SONNET_MODEL",
    fromText: modelId,
  }),
  aliases: {
    description: "further names for a model: aliases.<name> is the model that the name means",
    takes: "a model id",
    example: "claude-haiku-4-5",
    defaultValue: {},
    fromText: () => expected("a name: aliases.<name>"),
    fromJson: aliasTable,
  },
  "proxy.allowedHosts": list(
    {
      description: "further Host names that may reach the daemon, such as host.docker.internal",
      takes: "host or host:port names, separated by commas",
      example: "host.docker.internal",
      defaultValue: [],
      variable: "ZENTHREX_ALLOWED_HOSTS",
    },
    hostName,
  ),
  "proxy.allowedOrigins": list(
    {
      description: "web origins that may call the daemon; they still need the local token",
      takes: "origins such as http://localhost:3000, separated by commas",
      example: "http://localhost:3000",
      defaultValue: [],
      variable: "ZENTHREX_ALLOWED_ORIGINS",
    },
    webOrigin,
  ),
  "network.proxy": scalar({
    description:
      "company proxy on the way to the upstream, where HTTPS_PROXY and its like say nothing: for a service, which sees no shell",
    takes: "http://host:port",
    example: "http://proxy.example.com:3128",
    defaultValue: undefined,
    fromText: proxyUrl,
    shown: (url) => url?.replace(/^(\w+:\/\/)?[^/]*@/, "$1...@"),
  }),
  "network.noProxy": scalar({
    description: "hosts that are reached without network.proxy, where NO_PROXY says nothing",
    takes: "names, separated by commas",
    example: "localhost,.example.com",
    defaultValue: undefined,
    fromText: (text) => (text.trim() === "" ? expected("names, separated by commas") : text.trim()),
  }),
  "network.caFile": scalar({
    description: "file of certificates to trust as well, as NODE_EXTRA_CA_CERTS names one",
    takes: "the whole path of a PEM file",
    example: "/etc/ssl/company.pem",
    defaultValue: undefined,
    fromText: (text) =>
      posix.isAbsolute(text.trim()) || win32.isAbsolute(text.trim())
        ? text.trim()
        : expected("the whole path of a PEM file"),
  }),
  "budget.day": budget("day", "5"),
  "budget.month": budget("month", "100 hard"),
};

/** True for the name of a setting. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settings, name);
}

/** What a name in `zenthrex config` means: a setting, one alias, or nothing (then perhaps what was meant). */
export type SettingTarget =
  | { readonly kind: "setting"; readonly name: SettingName; readonly path: readonly string[] }
  | { readonly kind: "alias"; readonly alias: string; readonly path: readonly string[] }
  | { readonly kind: "unknown"; readonly suggestion?: string };

/** Finds what a name means. Everything behind `aliases.` is one name, dots and all: `aliases.gpt-4.1`. */
export function findSetting(name: string): SettingTarget {
  const alias = /^aliases\.(.+)$/s.exec(name)?.[1];
  if (alias !== undefined && alias !== "__proto__") return { kind: "alias", alias, path: ["aliases", alias] };
  if (isSettingName(name)) return { kind: "setting", name, path: name.split(".") };
  const suggestion = nearest(name, Object.keys(settings));
  return suggestion === undefined ? { kind: "unknown" } : { kind: "unknown", suggestion };
}
