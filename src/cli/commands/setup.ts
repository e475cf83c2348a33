import { ZenthrexError } from "../../base/errors.ts";
import { integrations } from "../../integrations/registry.ts";
import type { Command, ExitCode, Invocation } from "../command.ts";
import { loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { writeLine } from "../output.ts";
import { applySetup } from "../setup/apply-setup.ts";
import { setUpEvery, undoEvery, writableTools } from "../setup/every-tool.ts";
import { keepStatusline } from "../setup/keep-statusline.ts";
import { listTools, reportTools, waitingTools } from "../setup/list-tools.ts";
import { offerDaemon, offerStop } from "../setup/offer-daemon.ts";
import { printEnvironment } from "../setup/print-environment.ts";
import { mayAsk, resolveTarget } from "../setup/resolve-target.ts";
import { loadTool, type ToolSetup } from "../setup/tool-setup.ts";
import { undoSetup } from "../setup/undo-setup.ts";

const tools = Object.keys(integrations);

const setup: Command = {
  description:
    "Points a tool at the daemon: shows the change, writes it into the tool's settings, keeps a backup and undoes it exactly. " +
    "The tool gets a local token, not your key. Only the keys that zenthrex needs are touched. " +
    "A tool that can't be set up from outside gets its steps printed; settings that were not tried with the real tool are printed too. " +
    "Without a name: what there is, and how it is set up. Where no daemon runs, it ends by offering the service.",
  examples: [
    { run: "zenthrex setup", does: "see which tools are here and what they are set up for; offers to set them all up" },
    { run: "zenthrex setup claude-code", does: "point Claude Code at the daemon" },
    { run: "zenthrex setup cursor", does: "print the steps: Cursor's servers call the hosted API themselves" },
    { run: "zenthrex setup cline --dry-run", does: "show what would change, and change nothing" },
    {
      run: "zenthrex setup claude-code --verify=live",
      does: "prove it by a real answer of one token, and say what it cost",
    },
    { run: "zenthrex setup --undo --all", does: "restore every tool's settings as they were; needs no daemon" },
  ],
  arguments: [{ name: "[tool]", description: `one of: ${tools.join(", ")}`, suggests: tools }],
  options: [
    {
      flags: "--all",
      description: "every tool that is installed here and can be written for; with --undo: everything",
    },
    { flags: "--list", description: "print the table and offer nothing" },
    { flags: "--dry-run", description: "print the change as a diff, secrets masked; write nothing" },
    {
      flags: "--write",
      description: "write also what was not tried with the real tool (docs only), and is printed else",
    },
    { flags: "--undo", description: "restore what setup changed, where it is still as setup left it" },
    { flags: "--yes", description: "don't ask" },
    {
      flags: "--verify [how]",
      description:
        "send a request the way the tool would: one that is refused and costs nothing (done anyway while the daemon runs), or " +
        "live: one token, paid. Its result is the exit code",
      choices: ["free", "live"],
    },
    { flags: "--no-verify", description: "send nothing" },
    { flags: "--port <port>", description: "port of the daemon, if not the configured one" },
    { flags: "--direct", description: "point it at the hosted API itself, with the real key" },
    { flags: "--documented", description: "write only the keys that the hosted API's documentation names" },
    { flags: "--statusline", description: "let Claude Code show balance, spending and cache in its status line" },
    { flags: "--print-env", description: "print variables for a shell; write nothing (see zenthrex env)" },
    { flags: "--model <id>", description: "the model to use (claude-opus-4-7)" },
    { flags: "--sonnet <id>", description: "what the tool's Sonnet means: the hosted API documents none" },
    { flags: "--haiku <id>", description: "the small model, for background work (claude-haiku-4-5)" },
  ],
  exitCodes: {
    0: "it is set up, or undone, or there was nothing to do",
    1: "a program of the tool failed, or --verify found a wrong address",
    2: "wrong usage",
    3: "--direct without a key; --verify: a wrong key or token",
    4: "--verify: the wallet is empty",
    5: "something else answers on the daemon's port; --verify: no answer",
    6: "the tool's settings can't be read or written",
  },
  json: [
    '{"version":1,"tool":"claude-code","changed":true,"files":[{"path":"...","outcome":"changed","backup":"..."}],',
    ' "verified":{"proven":true,"status":400,"text":"..."},"manual":[],"notes":[]}',
  ].join("\n"),
  async run({ args, options }, context) {
    const name = args["tool"];
    const isUndo = options["undo"] === true;
    if (isUndo) refuseBeside("--undo", options, [...ofTargets, "verify", "list"]);
    if (options["direct"] === true) refuseBeside("--direct", options, ["port", "statusline"]);
    if (options["list"] === true) refuseBeside("--list", options, ["all", "yes", "dryRun", ...ofTargets]);
    if (typeof name !== "string") return withoutName(options, context);
    refuseBeside("the name of a tool", options, ["all", "list"]);
    const tool = await loadTool(name, integrations, context);
    if (isUndo) return endUndo(await undoSetup(tool, options, context), options, context);
    if (options["statusline"] === true && tool.integration.showsStatusline !== true) {
      throw new ZenthrexError("ZX_USAGE", `${tool.integration.title} has no status line of its own`, {
        fix: "Leave out --statusline, or use it with claude-code.",
      });
    }
    const settled = await keepStatusline(tool, options, context);
    const target = await resolveTarget(settled.options, tool, loadConfiguration(context, options), context);
    if (target.through === "environment") return printEnvironment(tool, target, options, context);
    const { exitCode, pointed } = await applySetup(settled.tool, target, settled.options, context);
    return offerDaemon(pointed === undefined ? [] : [pointed], exitCode, options, context);
  },
};

export default setup;

/** Options that say where a tool is to be pointed. */
const ofTargets = ["port", "direct", "documented", "printEnv", "statusline", "model", "sonnet", "haiku", "write"];

function refuseBeside(option: string, options: Invocation["options"], others: readonly string[]): void {
  const other = others.find((name) => options[name] !== undefined);
  if (other === undefined) return;
  const flag = other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new ZenthrexError("ZX_USAGE", `--${flag} means nothing beside ${option}`, { fix: "Leave one of them out." });
}

/** All tools: undone, set up, or listed with the offer to set them up. */
async function withoutName(options: Invocation["options"], context: Context): Promise<ExitCode> {
  const isAll = options["all"] === true || options["yes"] === true;
  if (options["undo"] === true && options["all"] === true)
    return endUndo(await undoEvery(integrations, options, context), options, context);
  const { json, list: _list, all: _all, yes: _yes, ...others } = options;
  if ((options["undo"] === true || !isAll) && Object.keys(others).length > 0) {
    throw new ZenthrexError("ZX_USAGE", "name the tool to set up, or say --all", {
      fix: `For example: zenthrex setup ${Object.keys(integrations)[0]}.`,
    });
  }
  if (options["printEnv"] === true) refuseBeside("--all", options, ["printEnv"]);
  const list = await listTools(integrations, context);
  if (isAll) return setUpAll(writableTools(list, options), options, context);
  reportTools(list, options, context);
  if (json === true) return 0;
  const open = writableTools(list, options).filter(({ status }) => status.configuredFor !== "zenthrex-local");
  if (options["list"] === true || open.length === 0 || !mayAsk(options, context)) {
    writeLine(context.stderr, "\nSet one up: zenthrex setup <tool>. All that are installed: zenthrex setup --all");
    return offerDaemon(waitingTools(list, context), 0, options, context);
  }
  const titles = open.map(({ integration }) => integration.title).join(", ");
  const answer = await context.stdin.readLine(`\nSet up ${titles}? Each change is shown first. [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) return 0;
  return setUpAll(open, options, context);
}

async function setUpAll(
  tools: readonly ToolSetup[],
  options: Invocation["options"],
  context: Context,
): Promise<ExitCode> {
  const { exitCode, pointed } = await setUpEvery(tools, options, context);
  return offerDaemon(pointed, exitCode, options, context);
}

async function endUndo(exitCode: ExitCode, options: Invocation["options"], context: Context): Promise<ExitCode> {
  if (options["dryRun"] !== true && exitCode === 0) await offerStop(context);
  return exitCode;
}
