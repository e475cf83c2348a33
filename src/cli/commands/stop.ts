import { localHost } from "../../catalog/endpoints.ts";
import type { Command } from "../command.ts";
import { findDaemon, otherDaemons } from "../daemon/find-daemon.ts";
import { pointingTools } from "../daemon/pointing-tools.ts";
import { runningService } from "../daemon/service-restart.ts";
import { stopFound } from "../daemon/stop-found.ts";
import { createPaint, writeJson, writeLine } from "../output.ts";

const stop: Command = {
  description:
    "Stops the daemon. It proves first that it is yours, and its own answer gives its pid: another program on the port, or with the " +
    "pid of an old file, is left alone. Running answers may end (at most 30 s), what then still runs ends with an error that its tool " +
    "sees. On Windows, which has no such signal, they are cut.",
  examples: [
    { run: "zenthrex stop", does: "let running answers end, then stop" },
    { run: "zenthrex stop --now", does: "cut running answers" },
  ],
  options: [
    { flags: "--now", description: "don't wait for running answers" },
    { flags: "--port <port>", description: "the daemon on this port instead of the configured one" },
  ],
  exitCodes: {
    0: "it has ended, or none was running",
    1: "it could not be stopped",
    2: "wrong usage",
    5: "the port is held by something else",
    6: "the config file can't be read",
  },
  json: '{"version":1,"stopped":true,"port":19368,"pid":4711,"tools":["Claude Code"]}',
  async run({ options }, context) {
    const daemon = await findDaemon(options, context);
    const service = await runningService(daemon, context);
    const outcome = await stopFound(daemon, options["now"] === true, context);
    const url = `http://${localHost}:${daemon.port}`;
    const tools = await pointingTools(daemon.port, context);
    if (options["json"] === true) {
      const pid = outcome.kind === "stopped" ? outcome.pid : null;
      writeJson(context.stdout, { version: 1, stopped: outcome.kind === "stopped", port: daemon.port, pid, tools });
      return 0;
    }
    if (outcome.kind === "nothing") {
      writeLine(context.stdout, `zenthrex is not running on ${url}: nothing to stop.`);
      for (const other of await otherDaemons(daemon))
        writeLine(context.stdout, `One of yours serves on port ${other}: zenthrex stop --port ${other}`);
      return 0;
    }
    writeLine(context.stdout, `Stopped zenthrex on ${url} (pid ${outcome.pid}).`);
    const paint = createPaint(context.color);
    if (service !== undefined)
      writeLine(context.stderr, `${paint.quiet("note:")} ${service.manager} starts it again when you log in`);
    if (tools.length > 0) {
      const still = `${tools.join(", ")} still point${tools.length === 1 ? "s" : ""} at it`;
      writeLine(context.stderr, `${paint.quiet("note:")} ${still} and will not work until it runs again`);
    }
    return 0;
  },
};

export default stop;
