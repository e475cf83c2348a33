import { resolve } from "node:path";
import { ZenthrexError } from "../../base/errors.ts";
import { settings } from "../../config/schema.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";

type Options = Readonly<Record<string, string | boolean>>;

/** Options of `serve` that a restart takes along, and how the command line says them. The port and the log go their own ways. */
const KEPT: Readonly<Record<string, (value: string | boolean) => string | undefined>> = {
  sandbox: flag("--sandbox"),
  replies: value("--replies"),
  upstream: value("--upstream"),
  chat: value("--chat"),
  strict: flag("--strict"),
  autoCache: (given) => (given === false ? "--no-auto-cache" : undefined),
  allowNetwork: flag("--allow-network"),
  verbose: flag("--verbose"),
  drain: value("--drain"),
};

/** What is worth keeping of the options that `serve` was given; paths become absolute, because a daemon works in another folder. */
export function keptOptions(options: Invocation["options"], context: Context): Options {
  const kept: Record<string, string | boolean> = {};
  for (const name of Object.keys(KEPT)) {
    const given = options[name];
    if (typeof given === "string") kept[name] = name === "replies" ? resolve(context.cwd, given) : given;
    else if (typeof given === "boolean") kept[name] = given;
  }
  return kept;
}

/** The command line that serves with these options. Only known ones come along, whatever a state file says. */
export function serveArguments(options: Options, port: number, logFile: string): readonly string[] {
  const kept = Object.entries(KEPT).flatMap(([name, write]) => {
    const given = options[name];
    return given === undefined ? [] : (write(given) ?? []);
  });
  return ["serve", `--port=${port}`, `--log-file=${logFile}`, "--json", ...kept];
}

/** The variables that set something of the daemon, as they are now; the key is not among them. */
export function settingVariables(env: Context["env"]): Readonly<Record<string, string>> {
  const names = Object.values(settings).flatMap(({ variable }) => variable ?? []);
  return Object.fromEntries(
    names.flatMap((name) => {
      const given = env[name];
      return given === undefined || given === "" ? [] : [[name, given] as const];
    }),
  );
}

/** The environment for starting a daemon again: its own settings in place of this shell's; everything else, the key too, is the shell's. */
export function restartedEnvironment(
  env: Context["env"],
  variables: Readonly<Record<string, string>>,
): Readonly<Record<string, string | undefined>> {
  const isSetting = new Set(Object.values(settings).flatMap(({ variable }) => variable ?? []));
  const own = Object.entries(variables).filter(([name]) => isSetting.has(name));
  const shell = Object.entries(env).filter(([name]) => !isSetting.has(name));
  return Object.fromEntries([...shell, ...own]);
}

const LONGEST_DRAIN_S = 30;

/** How long running answers may go on after a signal. Throws: ZX_USAGE. */
export function drainMsOf(options: Invocation["options"]): number {
  const given = options["drain"];
  if (given === undefined) return LONGEST_DRAIN_S * 1000;
  const seconds = typeof given === "string" && /^\d{1,2}(\.\d)?$/.test(given) ? Number(given) : Number.NaN;
  if (seconds <= LONGEST_DRAIN_S) return seconds * 1000;
  throw new ZenthrexError("ZX_USAGE", `bad value of --drain: expected seconds, 0 to ${LONGEST_DRAIN_S}`);
}

function flag(text: string): (given: string | boolean) => string | undefined {
  return (given) => (given === true ? text : undefined);
}

function value(text: string): (given: string | boolean) => string | undefined {
  return (given) => (typeof given === "string" ? `${text}=${given}` : undefined);
}
