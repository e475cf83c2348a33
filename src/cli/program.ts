import { Command as Commander, CommanderError, Option } from "commander";
import { ZenthrexError } from "../base/errors.ts";
import { redact } from "../base/redact.ts";
import { nearest } from "../base/registry.ts";
import type { Command, CommandOption, Invocation } from "./command.ts";

/** What an argument list asks of a command. */
export type Parsed =
  | { readonly kind: "run"; readonly invocation: Invocation; readonly json: boolean }
  | { readonly kind: "help" };

/**
 * Parses the arguments behind a command's name.
 * Shape: `options` holds what was given, and declared defaults; a negated option that wasn't given is absent.
 * Throws: ZX_USAGE, with the option that was probably meant; never with a value that looks like a secret.
 */
export function parseArguments(name: string, command: Command, argv: readonly string[]): Parsed {
  refuseSecrets(argv);
  const program = build(name, command);
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (wantsHelp(argv)) return { kind: "help" };
    throw usageError(error, name, program);
  }
  const given = program.opts<Record<string, string | boolean | string[] | undefined>>();
  if (given["help"] === true) return { kind: "help" };
  const options = Object.fromEntries(Object.entries(given).filter(([option]) => isGiven(program, command, option)));
  const args = Object.fromEntries(
    program.registeredArguments.map((argument, index) => [argument.name(), program.processedArgs[index] as string]),
  );
  return { kind: "run", invocation: { args, options }, json: given["json"] === true };
}

/** True when help is asked for, even if something else is wrong with the arguments. */
function wantsHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const own = end < 0 ? argv : argv.slice(0, end);
  return own.includes("--help") || own.includes("-h");
}

function build(name: string, command: Command): Commander {
  const silent = (): void => undefined;
  const program = new Commander(name)
    .exitOverride()
    .configureOutput({ writeOut: silent, writeErr: silent, outputError: silent })
    .helpOption(false)
    .helpCommand(false);
  if (command.passesThrough === true) program.passThroughOptions();
  for (const argument of command.arguments ?? []) program.argument(argument.name, argument.description);
  for (const option of command.options ?? []) program.addOption(toOption(option));
  program.option("--json", "").option("--color", "").option("--no-color", "").option("-h, --help", "");
  return program;
}

function toOption(option: CommandOption): Option {
  const made = new Option(option.flags, option.description);
  if (option.choices !== undefined) made.choices(option.choices);
  if (option.defaultValue !== undefined) made.default(option.defaultValue);
  if (option.repeatable === true) {
    made.argParser((value: string, previous: string[] | undefined) => [...(previous ?? []), value]);
  }
  return made;
}

/** commander sets a negated option to true by itself; only what the user or the command said counts. */
function isGiven(program: Commander, command: Command, option: string): boolean {
  if (option === "help" || option === "color") return false;
  if (program.getOptionValueSource(option) === "cli") return true;
  return (command.options ?? []).some(
    (declared) => declared.defaultValue !== undefined && new Option(declared.flags).attributeName() === option,
  );
}

/** The arguments of a process can be read by every user of the machine, and shells keep them. */
function refuseSecrets(argv: readonly string[]): void {
  if (argv.every((argument) => redact(argument) === argument)) return;
  throw new ZenthrexError("ZX_USAGE", "a key in the arguments can be read by every user of this machine", {
    fix: "Use `zenthrex login`, which asks for it or takes it by --key-stdin, and replace this key in the dashboard.",
  });
}

function usageError(error: unknown, name: string, program: Commander): unknown {
  if (!(error instanceof CommanderError)) return error;
  const see = `See zenthrex ${name} --help.`;
  const fail = (message: string, hint = ""): ZenthrexError =>
    new ZenthrexError("ZX_USAGE", message, { fix: hint === "" ? see : `${hint} ${see}` });
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  switch (error.code) {
    case "commander.unknownOption": {
      const flag = quoted.split("=")[0] ?? "";
      const known = program.options.map((option) => option.long ?? "").filter((long) => long !== "");
      const meant = known.find((long) => flag.length > 3 && long.startsWith(flag)) ?? nearest(flag, known);
      return fail(`there is no option ${flag}`, meant === undefined ? "" : `Did you mean ${meant}?`);
    }
    case "commander.excessArguments": {
      const takes = program.registeredArguments.length;
      return fail(
        takes === 0 ? `zenthrex ${name} takes no arguments` : `zenthrex ${name} takes at most ${takes} arguments`,
      );
    }
    case "commander.missingArgument":
      return fail(`the argument <${quoted}> is missing`);
    default:
      return fail(error.message.replace(/^error: /, "").split("\n")[0] ?? "the arguments are not understood");
  }
}
