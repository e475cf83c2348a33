import { ZenthrexError } from "../../base/errors.ts";
import { localHost } from "../../catalog/endpoints.ts";
import { ensureLocalToken } from "../../config/local-token.ts";
import { describeOwner, findPortOwner } from "../../daemon/find-port-owner.ts";
import { proveDaemon } from "../../daemon/prove.ts";
import { integrations } from "../../integrations/registry.ts";
import type { Command } from "../command.ts";
import { type Configuration, loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { findLaunch } from "../run/find-launch.ts";
import { withOwnDaemon } from "../run/own-daemon.ts";
import { runLaunch } from "../run/run-launch.ts";
import { resolveTarget } from "../setup/resolve-target.ts";

/** The programs of the tools that have one. */
async function startable(): Promise<string[]> {
  const tools = await Promise.all(Object.values(integrations).map(async (load) => (await load()).default));
  return tools.flatMap(({ program }) => program ?? []);
}

const run: Command = {
  description:
    "Starts a tool, or any program, for the daemon, and writes nothing of yours: base URL and local token go into its environment, your " +
    "key doesn't. Where no daemon runs, one serves as long as the program does. Signals and the exit code are passed through.",
  examples: [
    { run: "zenthrex run claude", does: "start Claude Code for the daemon, whatever its settings say" },
    { run: 'zenthrex run claude -- -p "say hi"', does: "the same with arguments of its own" },
    { run: "zenthrex run -- python app.py", does: "start a program that uses the Anthropic or OpenAI SDK" },
    { run: "zenthrex run --sandbox claude", does: "in front of a sandbox: no key, no network, no cost" },
  ],
  arguments: [
    { name: "<program>", description: "a tool of zenthrex setup, or a program", suggests: startable },
    { name: "[args...]", description: "its arguments; -- before them is optional" },
  ],
  options: [
    { flags: "--sandbox", description: "answer from a sandbox on this machine" },
    { flags: "--port <port>", description: "port of the daemon, if not the configured one" },
    { flags: "--model <id>", description: "the model to use (claude-opus-4-7)" },
    { flags: "--sonnet <id>", description: "what the tool's Sonnet means: the hosted API documents none" },
    { flags: "--haiku <id>", description: "the small model, for background work (claude-haiku-4-5)" },
  ],
  exitCodes: {
    0: "the program ended with 0; else it is the program's own exit code, 128 + n after signal n",
    1: "the program can't be started",
    2: "wrong usage, or there is no such program",
    3: "no daemon runs, and there is no key",
    5: "something else answers on the daemon's port",
    6: "the config file can't be read",
  },
  json: '{"error":{"code":"ZX_AUTH_KEY_MISSING","message":"...","fix":"...","exit_code":3}}',
  passesThrough: true,
  async run({ args, options }, context) {
    const words = Array.isArray(args["args"]) ? args["args"] : [];
    const rest = words[0] === "--" ? words.slice(1) : words;
    const launch = await findLaunch(String(args["program"]), integrations, context);
    const configuration = loadConfiguration(context, options);
    const credential = await ensureLocalToken(configuration.paths, context.randomBytes);
    const start = (origin: string): Promise<number> =>
      runLaunch(
        launch,
        rest,
        async (tool) => {
          // Nothing is asked: the terminal is about to be the program's.
          const target = await resolveTarget({ ...options, yes: true }, tool, configuration, context);
          return { ...target, kind: "local", origin, credential, through: "child" };
        },
        context,
      );
    const running = options["sandbox"] === true ? undefined : await runningDaemon(credential, configuration, context);
    if (running !== undefined) return start(running);
    return withOwnDaemon(
      { configuration, localToken: credential, isSandbox: options["sandbox"] === true },
      context,
      start,
    );
  },
};

export default run;

/** Where the daemon of this user serves; undefined where nothing does. Throws: ZX_PORT_TAKEN when something else is there. */
async function runningDaemon(
  token: string,
  { settings }: Configuration,
  context: Context,
): Promise<string | undefined> {
  const port = settings.port.value;
  const identity = port === 0 ? "nothing" : await proveDaemon(port, token);
  // A stranger on the port is in nobody's way: a daemon of our own takes another one. Only who names the port means that daemon.
  if (identity === "ours") return `http://${localHost}:${port}`;
  if (identity === "nothing" || settings.port.from !== "flag") return undefined;
  const owner = describeOwner(await findPortOwner(port, context));
  throw new ZenthrexError("ZX_PORT_TAKEN", `${owner} answers on port ${port}, and it is not your zenthrex`);
}
