import { sandboxAsker } from "../../doctor/ask-sandbox.ts";
import { earlyProbes, probes } from "../../doctor/registry.ts";
import { createProbeRunner, loadProbes } from "../../doctor/run-probes.ts";
import type { Verdict } from "../../doctor/verdict.ts";
import { integrations } from "../../integrations/registry.ts";
import type { Command, Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { readDoctorRequest } from "../doctor/doctor-request.ts";
import { sandboxKey } from "../serve/serving.ts";

const tools = Object.keys(integrations);

const doctor: Command = {
  description:
    "Finds out why it doesn't work: every check runs at once, the last line names the one cause and the command that mends it. What " +
    "it sends costs nothing: lists, the wallet, and requests that validation refuses; --live spends a tiny sum and says how much. " +
    "Your key goes to its own origin only, every other one gets a placeholder. With --url it looks at any base URL, with --gateway it grades a gateway.",
  examples: [
    { run: "zenthrex doctor", does: "check everything on this machine" },
    { run: "zenthrex doctor claude-code", does: "one tool, and what it needs" },
    { run: "zenthrex doctor --fix", does: "mend the cause, after showing the change and asking" },
    {
      run: "zenthrex doctor --url https://gateway.example.com/v1",
      does: "what a base URL is good for, and the right one",
    },
    {
      run: "zenthrex doctor --gateway https://gateway.example.com",
      does: "what a gateway keeps of Claude Code's contract",
    },
    { run: "zenthrex doctor --curl", does: "print the curl command of every request, to run yourself" },
    {
      run: "zenthrex doctor --bundle",
      does: "write the report to a file that can be shared: no secret, no name in it",
    },
  ],
  arguments: [{ name: "[tool]", description: `one of: ${tools.join(", ")}`, suggests: tools }],
  options: [
    { flags: "--url <base>", description: "look at this base URL instead of this machine" },
    { flags: "--format <format>", description: "with --url: what its client speaks", choices: ["anthropic", "openai"] },
    { flags: "--gateway <url>", description: "grade any gateway by the twelve things that Claude Code expects of one" },
    { flags: "--key-stdin", description: "with --url or --gateway: read a key for that one origin from stdin" },
    {
      flags: "--only <checks>",
      description: `only these checks, separated by commas: ${Object.keys(probes).join(", ")}`,
    },
    { flags: "--fix", description: "mend the cause: shows the change and asks, as setup does" },
    { flags: "--yes", description: "with --fix: don't ask; needed where there is no terminal to ask at" },
    {
      flags: "--curl",
      description: "print the curl command of every request; the key is in a file that only you can read",
    },
    { flags: "--live", description: "also make one tiny paid call in each format; says what it cost" },
    { flags: "--bundle", description: "write the report to a file here, without secrets, to be shared" },
    { flags: "--port <port>", description: "port of the daemon, if not the configured one" },
    { flags: "--upstream <origin>", description: "look at this upstream instead of the configured one" },
  ],
  exitCodes: {
    0: "nothing is broken",
    1: "a configuration or a check is",
    2: "wrong usage",
    3: "the key is missing, malformed or refused",
    4: "the wallet is empty",
    5: "the network, the daemon or the hosted API is",
    6: "the report can't be written (--bundle)",
  },
  json: [
    '{"version":1,"verdict":{"code":"base-url-path","cause":"...","fix":"zenthrex setup claude-code",',
    '  "probe":"...","exit_code":1},"others":[],',
    ' "probes":[{"code":"key","title":"Key","tool":null,"status":"pass","cause":null,"finding":"...",',
    '  "evidence":[],"fix":null,"curl":[],"hidden_by":null,"took_ms":1}]}',
  ].join("\n"),
  async run(invocation, context) {
    if (typeof invocation.options["gateway"] === "string") {
      const { gradeCommand } = await import("../doctor/grade-command.ts");
      return gradeCommand(invocation, context);
    }
    const verdict = await examine(invocation, context);
    return invocation.options["fix"] === true ? mend(verdict, invocation, context) : verdict.exitCode;
  },
};

export default doctor;

/** One cause after the other, as long as something is broken that wasn't tried before: what is right now may have hidden the next. */
async function mend(first: Verdict, invocation: Invocation, context: Context): Promise<Verdict["exitCode"]> {
  if (first.fix === undefined) return first.exitCode;
  const [{ applyFix }, { writeLine }] = await Promise.all([import("../doctor/apply-fix.ts"), import("../output.ts")]);
  const tried = new Set<string>();
  let verdict = first;
  while (verdict.fix !== undefined && !tried.has(`${verdict.code} ${verdict.cause}`)) {
    if (tried.size > 0 && verdict.exitCode === 0) break;
    tried.add(`${verdict.code} ${verdict.cause}`);
    if (!(await applyFix(verdict.fix, invocation.options, context))) break;
    writeLine(context.stderr, "\nOnce more, to see whether that was it:");
    verdict = await examine(invocation, context);
  }
  return verdict.exitCode;
}

/** One run, from the command line to the verdict. */
async function examine(invocation: Invocation, context: Context): Promise<Verdict> {
  const sandbox = lazySandbox(context);
  try {
    const request = await readDoctorRequest(invocation, context);
    const live = invocation.options["live"] === true;
    const runner = createProbeRunner({ live, askSandbox: sandboxAsker(sandbox.start, context.clock) });
    for (const probe of await loadProbes(earlyProbes, request.wants)) runner.begin(probe);
    // Loaded while they run.
    const { examineMachine } = await import("../doctor/examine-machine.ts");
    return await examineMachine(runner, request, invocation.options, context);
  } finally {
    await sandbox.stop();
  }
}

/** A sandbox for this run, started when somebody asks for it. */
function lazySandbox({ clock }: Context) {
  let running: Promise<{ readonly url: string; stop(): Promise<void> }> | undefined;
  return {
    async start() {
      running ??= import("../../sandbox/start-sandbox.ts").then(({ startSandbox }) => startSandbox({ clock }));
      return { origin: (await running).url, key: sandboxKey };
    },
    async stop() {
      await running?.then((sandbox) => sandbox.stop()).catch(() => undefined);
    },
  };
}
