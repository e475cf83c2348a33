import { ZenthrexError } from "../../base/errors.ts";
import { integrations } from "../../integrations/registry.ts";
import type { Command, ExitCode, Invocation } from "../command.ts";
import { loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { tableWidth, writeJson, writeLine } from "../output.ts";
import { applySetup } from "../setup/apply-setup.ts";
import { printEnvironment } from "../setup/print-environment.ts";
import { resolveTarget } from "../setup/resolve-target.ts";
import { loadTool, type ToolSetup } from "../setup/tool-setup.ts";
import { undoSetup } from "../setup/undo-setup.ts";
import { renderTable } from "../table.ts";

const setup: Command = {
  description:
    "Points a tool at the daemon: shows the change, writes it into the tool's settings, keeps a backup and undoes it exactly. " +
    "The tool gets a local token, not your key. Only the keys that zenthrex needs are touched.",
  examples: [
    { run: "zenthrex setup claude-code", does: "point Claude Code at the daemon" },
    { run: "zenthrex setup claude-code --dry-run", does: "show what would change, and change nothing" },
    { run: "zenthrex setup claude-code --undo", does: "restore the settings as they were" },
    { run: "zenthrex setup", does: "list the tools and what they are set up for" },
  ],
  arguments: [{ name: "[tool]", description: `one of: ${Object.keys(integrations).join(", ")}` }],
  options: [
    { flags: "--dry-run", description: "print the change as a diff, secrets masked; write nothing" },
    { flags: "--undo", description: "restore what setup changed, where it is still as setup left it" },
    { flags: "--yes", description: "don't ask" },
    { flags: "--port <port>", description: "port of the daemon, if not the configured one" },
    { flags: "--direct", description: "point it at the hosted API itself, with the real key" },
    { flags: "--documented", description: "write only the keys that the hosted API's documentation names" },
    { flags: "--print-env", description: "print variables for a shell; write nothing" },
    { flags: "--model <id>", description: "the model to use (claude-opus-4-7)" },
    { flags: "--sonnet <id>", description: "what the tool's Sonnet means: the hosted API documents none" },
    { flags: "--haiku <id>", description: "the small model, for background work (claude-haiku-4-5)" },
  ],
  exitCodes: {
    0: "it is set up, or undone, or there was nothing to do",
    1: "a program of the tool failed",
    2: "wrong usage",
    3: "--direct without a key",
    5: "something else answers on the daemon's port",
    6: "the tool's settings can't be read or written",
  },
  json: '{"version":1,"tool":"claude-code","changed":true,"files":[{"path":"...","outcome":"changed","backup":"..."}],"notes":[]}',
  async run({ args, options }, context) {
    const name = args["tool"];
    if (typeof name !== "string") return listTools(options, context);
    if (options["undo"] === true)
      refuseBeside("--undo", options, ["port", "direct", "documented", "printEnv", "model", "sonnet", "haiku"]);
    const tool = await loadTool(name, integrations, context);
    if (options["undo"] === true) return undoSetup(tool, options, context);
    if (options["direct"] === true) refuseBeside("--direct", options, ["port"]);
    const target = await resolveTarget(options, tool.status, loadConfiguration(context, options), context);
    if (target.through === "environment") return printEnvironment(tool, target, options, context);
    return applySetup(tool, target, options, context);
  },
};

export default setup;

function refuseBeside(option: string, options: Invocation["options"], others: readonly string[]): void {
  const other = others.find((name) => options[name] !== undefined);
  if (other === undefined) return;
  const flag = other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new ZenthrexError("ZX_USAGE", `--${flag} means nothing beside ${option}`, { fix: "Leave one of them out." });
}

async function listTools(options: Invocation["options"], context: Context): Promise<ExitCode> {
  const { json, ...others } = options;
  const given = Object.keys(others)[0];
  if (given !== undefined) {
    throw new ZenthrexError("ZX_USAGE", "name the tool to set up", {
      fix: `For example: zenthrex setup ${Object.keys(integrations)[0]}.`,
    });
  }
  const tools: ToolSetup[] = [];
  for (const id of Object.keys(integrations)) tools.push(await loadTool(id, integrations, context));
  if (json === true) {
    writeJson(context.stdout, { version: 1, tools: tools.map(asJson) });
    return 0;
  }
  const columns = [
    { title: "Tool" },
    { title: "Installed" },
    { title: "Set up for" },
    { title: "Settings", shrinks: true },
  ];
  const rows = tools.map(({ id, status }) => [
    id,
    status.installed ? "yes" : "no",
    configuredFor[status.configuredFor],
    status.files.map(({ path }) => path).join(", "),
  ]);
  writeLine(context.stdout, renderTable(columns, rows, { width: tableWidth(context.stdout) }));
  writeLine(context.stderr, "Set one up: zenthrex setup <tool>");
  return 0;
}

const configuredFor = {
  nothing: "nothing",
  "zenthrex-local": "the daemon",
  "zenthrex-direct": "the hosted API",
  other: "another service",
} as const;

function asJson({ id, integration, status }: ToolSetup): object {
  return {
    id,
    title: integration.title,
    installed: status.installed,
    configured_for: status.configuredFor,
    files: status.files.map(({ path }) => path),
    notes: status.notes,
  };
}
