import { ZenthrexError } from "../base/errors.ts";
import { nearest } from "../base/registry.ts";
import type { CommandLine, ExitCode } from "./command.ts";
import { commandGroups, commands } from "./commands/registry.ts";
import type { Context } from "./context.ts";
import { type HelpStyle, renderCommandHelp, renderProgramHelp } from "./help.ts";
import { reportError } from "./report-error.ts";

/** Runs one command line: `argv` without the program's name. Everything it does to the outside goes through the context. */
export async function main(argv: readonly string[], context: Context): Promise<number> {
  // What stands behind -- is another program's.
  const own = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const colored = { ...context, color: wantsColor(own, context) };
  try {
    return await dispatch(argv, colored);
  } catch (error) {
    return reportError(error, colored, own.includes("--json"));
  }
}

async function dispatch(argv: readonly string[], context: Context): Promise<number> {
  const at = argv.findIndex((argument) => !isGlobalFlag(argument));
  const name = argv[at];
  const isHelp = argv.slice(0, at < 0 ? undefined : at).some((flag) => flag === "-h" || flag === "--help");
  if (name === undefined) return argv.includes("--version") || argv.includes("-V") ? version(context) : help(context);
  const rest = [...argv.slice(0, at), ...argv.slice(at + 1)];
  if (name === "help") return helpAbout(argv[at + 1], context);
  if (isHelp) return helpAbout(name, context);
  return run(name, lineOf(name), rest, context);
}

async function run(name: string, line: CommandLine, argv: readonly string[], context: Context): Promise<number> {
  const [{ default: command }, { parseArguments }] = await Promise.all([line.load(), import("./program.ts")]);
  const parsed = parseArguments(name, command, argv);
  if (parsed.kind === "run") return command.run(parsed.invocation, context, commands);
  context.stdout.write(renderCommandHelp(name, command, await helpStyle(context)));
  return 0;
}

function isGlobalFlag(argument: string): boolean {
  return ["-h", "--help", "-V", "--version", "--color", "--no-color", "--json"].includes(argument);
}

function version(context: Context): ExitCode {
  context.stdout.write(`${context.version}\n`);
  return 0;
}

async function help(context: Context): Promise<ExitCode> {
  const readme = context.programPath.replace(/bin[\\/]zenthrex\.js$/, "README.md");
  context.stdout.write(renderProgramHelp(commandGroups, readme, await helpStyle(context)));
  return 0;
}

async function helpAbout(name: string | undefined, context: Context): Promise<ExitCode> {
  if (name === undefined || isGlobalFlag(name)) return help(context);
  const { default: command } = await lineOf(name).load();
  context.stdout.write(renderCommandHelp(name, command, await helpStyle(context)));
  return 0;
}

function lineOf(name: string): CommandLine {
  const line = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (line !== undefined) return line;
  const what = name.startsWith("-") ? `option ${name.split("=")[0]}` : `command "${name}"`;
  const meant = name.startsWith("-") ? undefined : nearest(name, Object.keys(commands));
  throw new ZenthrexError("ZX_USAGE", `there is no ${what}`, {
    fix: meant === undefined ? "See zenthrex --help." : `Did you mean zenthrex ${meant}? See zenthrex --help.`,
  });
}

/** Help is set in at most 80 columns; wider lines are harder to read. Colour costs an import, so it is loaded only to be used. */
async function helpStyle(context: Context): Promise<HelpStyle> {
  const columns = context.stdout.isTty ? Math.min(80, Math.max(40, context.stdout.columns)) : 80;
  if (!context.color) return { columns };
  return { columns, heading: (await import("./output.ts")).createPaint(true).strong };
}

/** The last of --color and --no-color wins over what the context found. */
function wantsColor(argv: readonly string[], context: Context): boolean {
  const last = argv.findLast((argument) => argument === "--color" || argument === "--no-color");
  return last === undefined ? context.color : last === "--color";
}
