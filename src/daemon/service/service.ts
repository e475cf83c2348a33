import { posix, win32 } from "node:path";
import { ZenthrexError } from "../../base/errors.ts";
import { launchdPlist } from "./launchd-plist.ts";
import { scheduledTask } from "./scheduled-task.ts";
import { systemdUnit } from "./systemd-unit.ts";

/** What a service is made from, resolved: whole paths, because it has neither a PATH nor a working directory to rely on. */
export interface ServiceFacts {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Of the user; -1 on Windows. */
  readonly uid: number;
  readonly userName: string;
  readonly nodePath: string;
  readonly programPath: string;
  readonly stateDirectory: string;
  readonly logFile: string;
}

/** A command line without a shell. */
export type ServiceCommand = readonly [file: string, ...args: string[]];

/** How the daemon is made a service of a platform: what is written, what is run. Pure: nothing here touches the system. */
export interface Service {
  readonly manager: "systemd" | "launchd" | "Task Scheduler";
  readonly file: string;
  readonly content: Buffer;
  /** Run once the file is there. */
  readonly register: readonly ServiceCommand[];
  /** Run before the start; what they end or forget may not be there. */
  readonly reset: readonly ServiceCommand[];
  /** Run when the port is free. */
  readonly start: readonly ServiceCommand[];
  /** Run while the file is still there. */
  readonly uninstall: readonly ServiceCommand[];
  /** Run once the file is gone. */
  readonly afterRemoval: readonly ServiceCommand[];
  /** Tells whether it is known, and on systemd and launchd its pid. */
  readonly query: ServiceCommand;
  readonly pidIn: (output: string) => number | undefined;
  /** Run when it has ended and is to run again. */
  readonly startAgain: readonly ServiceCommand[];
  /** What else a user should know. */
  readonly note: string | undefined;
}

/** The name that managers know it by. */
const LABEL = "xyz.zentherixapi.zenthrex";
const UNIT = "zenthrex.service";
const TASK = "zenthrex";

/** The service of this machine. Throws: ZX_USAGE where the system has no manager that we know. */
export function serviceFor(facts: ServiceFacts): Service {
  switch (facts.platform) {
    case "linux":
      return systemdService(facts);
    case "darwin":
      return launchdService(facts);
    case "win32":
      return taskService(facts);
    default:
      throw new ZenthrexError("ZX_USAGE", `there are no services on ${facts.platform} that zenthrex knows`, {
        fix: "Run `zenthrex serve --background` from whatever starts your session.",
      });
  }
}

/** The words that the service runs: settings come from the config file, and only from there. */
function serveWords({ nodePath, programPath, logFile }: ServiceFacts): readonly string[] {
  return [nodePath, programPath, "serve", "--json", `--log-file=${logFile}`];
}

/** Variables that say where our own files are: without them the service would read another config than the shell. */
function placeVariables({ env }: ServiceFacts): readonly (readonly [string, string])[] {
  return ["XDG_CONFIG_HOME", "XDG_STATE_HOME"].flatMap((name) => {
    const value = env[name];
    return value !== undefined && posix.isAbsolute(value) ? [[name, value] as const] : [];
  });
}

function systemdService(facts: ServiceFacts): Service {
  const configHome = facts.env["XDG_CONFIG_HOME"];
  const folder = configHome !== undefined && posix.isAbsolute(configHome) ? configHome : `${facts.home}/.config`;
  const systemctl = (...args: string[]): ServiceCommand => ["systemctl", "--user", ...args];
  return {
    manager: "systemd",
    file: posix.join(folder, "systemd/user", UNIT),
    content: Buffer.from(systemdUnit(serveWords(facts), placeVariables(facts))),
    register: [systemctl("daemon-reload"), systemctl("enable", UNIT)],
    reset: [],
    start: [systemctl("restart", "--no-block", UNIT)],
    uninstall: [systemctl("disable", UNIT), systemctl("stop", "--no-block", UNIT)],
    afterRemoval: [systemctl("daemon-reload")],
    query: systemctl("show", "--property=MainPID", UNIT),
    pidIn: (output) => pidOf(/^MainPID=(\d+)$/m.exec(output)),
    startAgain: [systemctl("start", "--no-block", UNIT)],
    note: "It starts when you log in. For a machine that nobody logs in to: loginctl enable-linger",
  };
}

function launchdService(facts: ServiceFacts): Service {
  const domain = `gui/${facts.uid}`;
  const file = posix.join(facts.home, "Library/LaunchAgents", `${LABEL}.plist`);
  return {
    manager: "launchd",
    file,
    content: Buffer.from(
      launchdPlist({
        label: LABEL,
        words: serveWords(facts),
        variables: placeVariables(facts),
        home: facts.home,
        outputFile: facts.logFile,
      }),
    ),
    register: [["launchctl", "enable", `${domain}/${LABEL}`]],
    reset: [["launchctl", "bootout", `${domain}/${LABEL}`]],
    // It starts by being loaded.
    start: [["launchctl", "bootstrap", domain, file]],
    uninstall: [["launchctl", "bootout", `${domain}/${LABEL}`]],
    afterRemoval: [],
    query: ["launchctl", "print", `${domain}/${LABEL}`],
    pidIn: (output) => pidOf(/^\s*pid = (\d+)$/m.exec(output)),
    startAgain: [["launchctl", "kickstart", `${domain}/${LABEL}`]],
    note: undefined,
  };
}

/** The task starts the daemon in the background and ends: a task of its own would keep a console window open. */
function taskService(facts: ServiceFacts): Service {
  const { nodePath, programPath, userName } = facts;
  const domain = facts.env["USERDOMAIN"];
  const file = win32.join(facts.stateDirectory, "service-task.xml");
  const task = scheduledTask({
    user: domain === undefined || domain === "" ? userName : `${domain}\\${userName}`,
    command: nodePath,
    args: [programPath, "serve", "--background", "--json"],
    home: facts.home,
  });
  return {
    manager: "Task Scheduler",
    file,
    // schtasks reads UTF-16 with its mark, which is also what the prolog says.
    content: Buffer.from(`\ufeff${task}`, "utf16le"),
    register: [["schtasks", "/Create", "/TN", TASK, "/XML", file, "/F"]],
    reset: [],
    start: [["schtasks", "/Run", "/TN", TASK]],
    uninstall: [["schtasks", "/Delete", "/TN", TASK, "/F"]],
    afterRemoval: [],
    query: ["schtasks", "/Query", "/TN", TASK],
    pidIn: () => undefined,
    startAgain: [["schtasks", "/Run", "/TN", TASK]],
    note: undefined,
  };
}

function pidOf(found: RegExpExecArray | null): number | undefined {
  const pid = Number(found?.[1]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}
