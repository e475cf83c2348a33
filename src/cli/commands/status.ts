import { localHost } from "../../catalog/endpoints.ts";
import { describeOwner } from "../../daemon/find-port-owner.ts";
import type { Command } from "../command.ts";
import type { Context } from "../context.ts";
import { daemonKeySource, type FoundDaemon, findDaemon, otherDaemons } from "../daemon/find-daemon.ts";
import { formatUptime } from "../daemon/format-uptime.ts";
import { writeNote } from "../note.ts";
import { createPaint, writeJson, writeLine } from "../output.ts";
import { selfCommandForPeople } from "../self-command.ts";
import { restartAdvice } from "../serve/describe-running.ts";
import { renderFacts } from "../table.ts";

const status: Command = {
  description:
    "Says whether the daemon serves. It is asked to prove that it knows your local token: a file with a pid proves nothing, and " +
    "another program on its port is named.",
  examples: [
    { run: "zenthrex status", does: "where it serves, for which upstream, since when" },
    { run: "zenthrex status --json && echo up", does: "for scripts: exit code 0 while it serves" },
  ],
  options: [{ flags: "--port <port>", description: "look at this port instead of the configured one" }],
  exitCodes: {
    0: "a daemon of yours serves there",
    1: "none does",
    2: "wrong usage",
    6: "the config file can't be read",
  },
  json: [
    '{"version":1,"running":true,"port":19368,"url":"http://127.0.0.1:19368",',
    ' "upstream":"...","pid":4711,"uptime_ms":86400000,"daemon_version":"0.1.0",',
    ' "cli_version":"0.1.0","restart_needed":false,"key":"config file","log":"...",',
    ' "stranger":null,"others":[]}',
  ].join("\n"),
  async run({ options }, context) {
    const daemon = await findDaemon(options, context);
    const others = daemon.found.kind === "ours" ? [] : await otherDaemons(daemon);
    if (options["json"] === true) writeJson(context.stdout, asJson(daemon, others, context));
    else report(daemon, others, context);
    return daemon.found.kind === "ours" ? 0 : 1;
  },
};

export default status;

function asJson(daemon: FoundDaemon, others: readonly number[], context: Context): object {
  const { found, port, state } = daemon;
  const isOurs = found.kind === "ours";
  const facts = isOurs ? found.facts : undefined;
  const stranger =
    found.kind === "stranger" ? { pid: found.owner?.pid ?? null, name: found.owner?.name ?? null } : null;
  return {
    version: 1,
    running: isOurs,
    port,
    url: isOurs ? urlOf(port) : null,
    upstream: facts?.upstream ?? null,
    pid: facts?.pid ?? null,
    uptime_ms: facts?.uptimeMs ?? null,
    daemon_version: facts?.version ?? null,
    cli_version: context.version,
    restart_needed: isOurs && facts?.version !== context.version,
    key: daemonKeySource(daemon),
    log: state?.logFile ?? null,
    stranger,
    others,
  };
}

function report(daemon: FoundDaemon, others: readonly number[], context: Context): void {
  const { found, port } = daemon;
  const paint = createPaint(context.color);
  if (found.kind === "ours") {
    writeLine(context.stdout, `${paint.good("●")} zenthrex serves on ${paint.strong(urlOf(port))}`);
    writeLine(context.stdout, renderFacts(factsOf(daemon), paint.quiet).replace(/^/gm, "  "));
    if (found.facts?.version !== context.version) writeNote(context, "warning", restartAdvice(found.facts, context));
    return;
  }
  const self = selfCommandForPeople(context);
  if (found.kind === "stranger") {
    writeLine(
      context.stdout,
      `${paint.bad("○")} port ${port} is held by ${describeOwner(found.owner)}, not by your zenthrex`,
    );
    writeLine(context.stdout, `  Stop it, or choose another port: ${self} config set port <port>`);
  } else {
    writeLine(context.stdout, `${paint.quiet("○")} zenthrex is not running on ${urlOf(port)}`);
    writeLine(context.stdout, `  Start it: ${self} serve --background`);
  }
  for (const other of others) {
    writeLine(context.stdout, `  One of yours serves on ${urlOf(other)}: ${self} status --port ${other}`);
  }
}

const KEY_WORDS = {
  environment: "from ZENTHREX_KEY, as it was when the daemon started",
  "config file": "stored by zenthrex login",
  sandbox: "the sandbox's own",
} as const;

function factsOf(daemon: FoundDaemon): readonly (readonly [string, string])[] {
  const facts = daemon.found.kind === "ours" ? daemon.found.facts : undefined;
  const source = daemonKeySource(daemon);
  const told: readonly (readonly [string, string])[] =
    facts === undefined
      ? []
      : [
          ["Upstream", facts.upstream],
          ["Version", facts.version],
          ["Pid", String(facts.pid)],
          ["Up for", formatUptime(facts.uptimeMs)],
        ];
  return [
    ...told,
    ["Key", source === null ? "none: requests are refused until zenthrex login" : KEY_WORDS[source]],
    ["Log", daemon.state?.logFile ?? "the terminal that it runs in"],
  ];
}

function urlOf(port: number): string {
  return `http://${localHost}:${port}`;
}
