import { ZenthrexError } from "../../base/errors.ts";
import type { Command, ExitCode, Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { installService } from "../daemon/service-install.ts";
import { reportService } from "../daemon/service-status.ts";
import { uninstallService } from "../daemon/service-uninstall.ts";

const service: Command = {
  description:
    "Makes the daemon a service of your session: there after a reboot, again after a crash. systemd on Linux, launchd on macOS, the Task " +
    "Scheduler on Windows. A service sees no shell: it takes its settings and the key from the config file only, so install stores this " +
    "shell's proxy and certificate file there, and says what else of this shell it will not see.",
  examples: [
    { run: "zenthrex service install --dry-run", does: "show the file and the commands, change nothing" },
    { run: "zenthrex service install", does: "install and start it" },
    { run: "zenthrex service status", does: "whether it is installed, runs and is up to date" },
    { run: "zenthrex service uninstall", does: "stop and remove it; settings and keys stay" },
  ],
  arguments: [
    { name: "<action>", description: "install, uninstall or status", suggests: ["install", "uninstall", "status"] },
  ],
  options: [{ flags: "--dry-run", description: "only show what would be written and run" }],
  exitCodes: {
    0: "done; for status: installed, and it serves",
    1: "the system refused, or it does not serve",
    2: "wrong usage",
    3: "the key is only in ZENTHREX_KEY, which a service doesn't see",
    5: "the port is held by something else",
    6: "a file can't be read or written",
  },
  json: [
    '{"version":1,"manager":"systemd","file":"...","installed":true,"up_to_date":true,',
    ' "running":true,"pid":4711,"warnings":[]}',
  ].join("\n"),
  async run({ args, options }, context) {
    const action = new Map<string, Action>([
      ["install", installService],
      ["uninstall", uninstallService],
      ["status", reportService],
    ]).get(String(args["action"]));
    if (action === undefined)
      throw new ZenthrexError("ZX_USAGE", "there is no such action", { fix: "Use install, uninstall or status." });
    return action(options, context);
  },
};

export default service;

type Action = (options: Invocation["options"], context: Context) => Promise<ExitCode>;
