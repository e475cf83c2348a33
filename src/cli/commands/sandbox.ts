import { ZenthrexError } from "../../base/errors.ts";
import { settings } from "../../config/schema.ts";
import { describeOwner, findPortOwner } from "../../daemon/find-port-owner.ts";
import type { RunningSandbox } from "../../sandbox/options.ts";
import type { Command, Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { toJsonText } from "../format.ts";
import { createPaint } from "../output.ts";
import { renderFacts } from "../table.ts";

const sandbox: Command = {
  description:
    "Runs the hosted API on this machine: its routes, checks, wallet, prompt cache, limits and errors, streamed and not, always the " +
    "same answers to the same requests, with no model behind it. For tests of an app, for CI and for trying things out. " +
    "`zenthrex serve --sandbox` puts the daemon in front of one.",
  examples: [
    { run: "zenthrex sandbox --port 8080", does: "run it on a known port" },
    { run: "zenthrex sandbox --port 0 --json", does: "for CI: a free port, told in one JSON line once it serves" },
    { run: "zenthrex sandbox --replies replies.json", does: "answer from a file: texts, tool calls, faults" },
  ],
  options: [
    { flags: "--port <port>", description: "listen on this port of 127.0.0.1; 0 takes a free one", defaultValue: "0" },
    { flags: "--replies <file>", description: "what to answer: a JSON file of matches, content blocks and faults" },
    {
      flags: "--count-tokens",
      description: "answer /v1/messages/count_tokens too, which the hosted API doesn't document",
    },
  ],
  exitCodes: {
    0: "stopped by a signal",
    2: "wrong usage",
    5: "the port is taken",
    6: "the replies file can't be read",
  },
  json: '{"ready":true,"url":"http://127.0.0.1:41231","port":41231}',
  async run({ options }, context) {
    const port = portOf(options);
    const running = await start(port, options, context);
    try {
      const signal = context.untilSignal();
      if (options["json"] === true)
        context.stdout.write(`${toJsonText({ ready: true, url: running.url, port: running.port })}\n`);
      else announce(running, context);
      await signal;
    } finally {
      await running.stop();
    }
    return 0;
  },
};

export default sandbox;

function portOf(options: Invocation["options"]): number {
  try {
    return settings.port.fromText(String(options["port"]));
  } catch (error) {
    const reason = error instanceof Error ? error.message : "expected a port number";
    throw new ZenthrexError("ZX_USAGE", `bad value of --port: ${reason}`);
  }
}

async function start(port: number, options: Invocation["options"], context: Context): Promise<RunningSandbox> {
  const { startSandbox } = await import("../../sandbox/start-sandbox.ts");
  const replies = options["replies"];
  try {
    return await startSandbox({
      port,
      clock: context.clock,
      countTokens: options["countTokens"] === true,
      ...(typeof replies === "string" ? { repliesFile: replies } : {}),
    });
  } catch (error) {
    if (!(error instanceof ZenthrexError) || error.code !== "ZX_PORT_TAKEN") throw error;
    const owner = describeOwner(await findPortOwner(port, context));
    throw new ZenthrexError("ZX_PORT_TAKEN", `port ${port} of 127.0.0.1 is taken by ${owner}`, {
      fix: "Stop it, or choose another port: --port 0 takes a free one.",
      cause: error,
    });
  }
}

function announce({ url }: RunningSandbox, context: Context): void {
  const paint = createPaint(context.color);
  const facts = [
    ["Anthropic tools", url],
    ["OpenAI tools", `${url}/v1`],
    ["Keys", "zk_sandbox_<any name>: each has a wallet of $5.00"],
    ["Requests", `${url}/_sandbox/requests`],
  ] as const;
  const title = `${paint.good("●")} ${paint.strong("the sandbox serves")}: the hosted API on this machine, no model behind it`;
  // Not through the redactor, which would take the form of the keys for a key.
  context.stdout.write(`${title}\n\n${renderFacts(facts, paint.quiet).replace(/^/gm, "  ")}\n\nStop: Ctrl-C\n\n`);
}
