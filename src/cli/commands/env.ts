import { ZenthrexError } from "../../base/errors.ts";
import { integrations } from "../../integrations/registry.ts";
import type { EnvironmentStep } from "../../integrations/types.ts";
import type { Command, Invocation } from "../command.ts";
import { loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { writeNote } from "../note.ts";
import { writeSecret } from "../output.ts";
import { resolveTarget } from "../setup/resolve-target.ts";
import { quoteFor, type Shell } from "../setup/shell-words.ts";
import { loadTool } from "../setup/tool-setup.ts";

const SHELLS: readonly Shell[] = ["bash", "zsh", "fish", "powershell"];

/** Tools that read variables. */
const readers = [
  ...["claude-code", "copilot-cli", "opencode", "kilo-code", "qwen-code", "aider", "zed"],
  ...["anthropic-sdk", "openai-sdk"],
];

const env: Command = {
  description:
    "Prints lines for a shell to evaluate: the daemon's base URL, the local token, and NO_PROXY with this machine in it. Without a tool: " +
    "what the Anthropic and the OpenAI SDK read. They count for that shell and what it starts.",
  examples: [
    { run: 'eval "$(zenthrex env)"', does: "point programs that this shell starts at the daemon (bash, zsh)" },
    { run: "zenthrex env --shell fish | source", does: "the same in fish" },
    { run: "zenthrex env --shell powershell | Out-String | Invoke-Expression", does: "the same in PowerShell" },
    { run: 'eval "$(zenthrex env claude-code)"', does: "what Claude Code reads; its settings file would win" },
  ],
  arguments: [
    {
      name: "[tool]",
      description: `${readers.slice(0, -1).join(", ")} or ${readers.at(-1)}`,
      suggests: readers,
    },
  ],
  options: [
    { flags: "--shell <shell>", description: "whose lines (default: that of $SHELL)", choices: SHELLS },
    { flags: "--port <port>", description: "port of the daemon, if not the configured one" },
    { flags: "--model <id>", description: "the model to use (claude-opus-4-7)" },
    { flags: "--sonnet <id>", description: "what the tool's Sonnet means: the hosted API documents none" },
    { flags: "--haiku <id>", description: "the small model, for background work (claude-haiku-4-5)" },
  ],
  exitCodes: { 0: "printed", 2: "wrong usage", 6: "the config file can't be read or written" },
  json: '{"version":1,"variables":{"ANTHROPIC_BASE_URL":"..."},"unset":["ANTHROPIC_AUTH_TOKEN"]}',
  async run({ args, options }, context) {
    const named = args["tool"];
    const ids = typeof named === "string" ? [named] : ["anthropic-sdk", "openai-sdk"];
    const steps: EnvironmentStep[] = [];
    for (const id of ids) steps.push(...(await environmentOf(id, options, context)));
    const variables: Record<string, string> = Object.assign({}, ...steps.map((step) => step.variables));
    const unset = [...new Set(steps.flatMap((step) => step.unset ?? []))];
    // Not through writeLine: the local token is what was asked for.
    if (options["json"] === true)
      writeSecret(context.stdout, `${JSON.stringify({ version: 1, variables, unset }, undefined, 2)}\n`);
    else writeSecret(context.stdout, render(shellOf(options, context), variables, unset));
    return 0;
  },
};

export default env;

async function environmentOf(id: string, options: Invocation["options"], context: Context): Promise<EnvironmentStep[]> {
  const tool = await loadTool(id, integrations, context);
  const configuration = loadConfiguration(context, options);
  // Nothing is asked: stdout is read by a shell.
  const target = await resolveTarget({ ...options, printEnv: true, yes: true }, tool, configuration, context);
  const steps = tool.integration.plan(tool.status, target);
  const found = steps.filter((step) => step.kind === "env");
  if (found.length === 0) {
    throw new ZenthrexError("ZX_USAGE", `${tool.integration.title} reads no variables`, {
      fix: `Set it up: zenthrex setup ${id}.`,
    });
  }
  if (id === "claude-code" && tool.status.configuredFor !== "nothing") {
    writeNote(
      context,
      "note",
      "Claude Code's settings file sets variables of its own, and they win: use zenthrex run claude",
    );
  }
  return found;
}

/** The shell that was named, else the user's own; PowerShell on Windows. */
function shellOf(options: Invocation["options"], { env: variables, platform }: Context): Shell {
  const asked = options["shell"] ?? /[^/\\]+$/.exec(variables["SHELL"] ?? "")?.[0];
  return SHELLS.find((shell) => shell === asked) ?? (platform === "win32" ? "powershell" : "bash");
}

function render(shell: Shell, variables: Readonly<Record<string, string>>, unset: readonly string[]): string {
  const line = {
    bash: (name: string, value: string) => `export ${name}=${value}`,
    zsh: (name: string, value: string) => `export ${name}=${value}`,
    fish: (name: string, value: string) => `set -gx ${name} ${value}`,
    powershell: (name: string, value: string) => `$env:${name} = ${value}`,
  }[shell];
  const remove = {
    bash: (name: string) => `unset ${name}`,
    zsh: (name: string) => `unset ${name}`,
    fish: (name: string) => `set -e ${name}`,
    powershell: (name: string) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
  }[shell];
  const lines = [
    ...unset.map(remove),
    ...Object.entries(variables).map(([name, value]) => line(name, quoteFor(shell, value))),
  ];
  return lines.map((text) => `${text}\n`).join("");
}
