import type { CommandLine, CommandLines } from "../command.ts";

/**
 * The commands under their headings, in the order of the help. A summary stands here and not in the command's module, so that `--help`
 * imports none. `test/registries.test.ts` holds the folder equal to this table.
 */
export const commandGroups = {
  Serve: {
    serve: { summary: "serve coding tools on this machine, with your key", load: () => import("./serve.ts") },
    sandbox: { summary: "run the hosted API on this machine, for free", load: () => import("./sandbox.ts") },
    status: { summary: "say whether the daemon serves, and how", load: () => import("./status.ts") },
    stop: { summary: "stop the daemon", load: () => import("./stop.ts") },
    restart: { summary: "start the daemon again, with the same options", load: () => import("./restart.ts") },
    service: { summary: "keep the daemon running, after a reboot too", load: () => import("./service.ts") },
    logs: { summary: "show the daemon's own messages: start, warnings, crashes", load: () => import("./logs.ts") },
  },
  Tools: {
    setup: { summary: "point a tool at the daemon, or undo it", load: () => import("./setup.ts") },
    run: { summary: "start a tool for the daemon and write nothing", load: () => import("./run.ts") },
    env: { summary: "print a shell's variables for the daemon", load: () => import("./env.ts") },
  },
  "Key and wallet": {
    login: { summary: "store the key of the hosted API", load: () => import("./login.ts") },
    logout: { summary: "remove every copy of the key", load: () => import("./logout.ts") },
    whoami: { summary: "show the wallet: balance, spending, tokens", load: () => import("./whoami.ts") },
    key: { summary: "copy the key, or print the local token for a tool", load: () => import("./key.ts") },
  },
  "Requests and spending": {
    log: { summary: "list past requests: who, which model, what it cost", load: () => import("./log.ts") },
    usage: { summary: "add up past requests: tokens, money, cache", load: () => import("./usage.ts") },
    budget: { summary: "limit what may be spent in a day or a month", load: () => import("./budget.ts") },
    statusline: { summary: "print a status line for Claude Code", load: () => import("./statusline.ts") },
  },
  "Trouble and settings": {
    doctor: {
      summary: "find the cause of a failure, and the command that mends it",
      load: () => import("./doctor.ts"),
    },
    models: { summary: "list models, windows, prices and aliases", load: () => import("./models.ts") },
    config: { summary: "read and change settings", load: () => import("./config.ts") },
    completion: {
      summary: "print a script for completion in bash, zsh or fish",
      load: () => import("./completion.ts"),
    },
    uninstall: { summary: "undo everything: tools, service, daemon, key", load: () => import("./uninstall.ts") },
  },
} satisfies Readonly<Record<string, Readonly<Record<string, CommandLine>>>>;

/** Every command by its name. */
export const commands: CommandLines = Object.fromEntries(
  Object.values<Readonly<Record<string, CommandLine>>>(commandGroups).flatMap((group) => Object.entries(group)),
);
