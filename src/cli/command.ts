import type { Context } from "./context.ts";

/** One option of a command, as help prints it. `flags` in commander's notation: "-n, --lines <count>". */
export interface CommandOption {
  readonly flags: string;
  readonly description: string;
  readonly defaultValue?: string | boolean;
  readonly choices?: readonly string[];
  readonly repeatable?: boolean;
}

type Suggested = readonly string[];

/** One positional argument, in commander's notation: "<tool>", "[key]", "[args...]". */
export interface CommandArgument {
  readonly name: string;
  readonly description: string;
  /** Words that completion offers for it; a function gets the arguments before it. */
  readonly suggests?: Suggested | ((before: readonly string[]) => Suggested | Promise<Suggested>);
}

/** Exit codes that every command may use; a command lists the ones it does. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 70;

/** What a command got: positional arguments by name, options by their long name in camelCase. */
export interface Invocation {
  readonly args: Readonly<Record<string, string | string[] | undefined>>;
  readonly options: Readonly<Record<string, string | boolean | string[] | undefined>>;
}

/** A command: all that help, docs and completion need, and what it does. */
export interface Command {
  readonly description: string;
  readonly examples: readonly { readonly run: string; readonly does: string }[];
  readonly arguments?: readonly CommandArgument[];
  readonly options?: readonly CommandOption[];
  readonly exitCodes: Readonly<Partial<Record<ExitCode, string>>>;
  /** What --json prints: an example of the shape, for help and docs. */
  readonly json?: string;
  /** Further tables of its help. */
  readonly tables?: readonly { readonly title: string; readonly rows: readonly (readonly [string, string])[] }[];
  /** Everything behind the first argument belongs to another program: it is not parsed. */
  readonly passesThrough?: true;
  /** Shape: an `ExitCode`, or that of a program which was run for the user. `commands` are all there are, for one that tells of them. */
  run(invocation: Invocation, context: Context, commands: CommandLines): Promise<number>;
}

/** A line of the command registry: its summary stands here, so that `--help` imports no command. */
export interface CommandLine {
  readonly summary: string;
  readonly load: () => Promise<{ readonly default: Command }>;
}

/** Commands by their names. */
export type CommandLines = Readonly<Record<string, CommandLine>>;
