import type { Command, CommandArgument, CommandLines, CommandOption } from "../command.ts";
import { commonOptions } from "../help.ts";

/** One word that fits at the cursor. */
export interface Suggestion {
  readonly word: string;
  readonly description: string;
}

/** An option's spellings, longest last, and whether the next word is its value. */
function readFlags({ flags }: CommandOption): { readonly names: readonly string[]; readonly takesValue: boolean } {
  return { names: flags.match(/(?<![\w-])--?[a-z][a-z-]*/gi) ?? [], takesValue: flags.includes("<") };
}

const plain = (words: readonly string[]): Suggestion[] => words.map((word) => ({ word, description: "" }));

const optionsOf = (command: Command | undefined): readonly CommandOption[] => [
  ...(command?.options ?? []),
  ...commonOptions,
];

/** The long spelling of every option that may still be given. */
function suggestOptions(options: readonly CommandOption[], before: readonly string[]): Suggestion[] {
  return options.flatMap((option) => {
    const { names } = readFlags(option);
    const isSpent = option.repeatable !== true && names.some((name) => before.includes(name));
    const long = names.filter((name) => name.startsWith("--"));
    return isSpent ? [] : long.map((word) => ({ word, description: option.description }));
  });
}

/** What stands before the cursor, without options and their values. */
function positionals(words: readonly string[], options: readonly CommandOption[]): string[] {
  const found: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (!word.startsWith("-")) found.push(word);
    else if (options.some((option) => readFlags(option).takesValue && readFlags(option).names.includes(word))) at += 1;
  }
  return found;
}

async function suggestArgument(declared: readonly CommandArgument[], given: readonly string[]): Promise<Suggestion[]> {
  const { suggests } = declared[given.length] ?? {};
  return plain(typeof suggests === "function" ? await suggests(given) : (suggests ?? []));
}

/** What fits behind a command's name: an option's value, an option, or an argument. */
async function suggestFor(command: Command, before: readonly string[], current: string): Promise<Suggestion[]> {
  const options = optionsOf(command);
  const given = positionals(before, options);
  // The rest belongs to the program that is run.
  if (command.passesThrough === true && given.length > 0) return [];
  const [, name, start] = /^(--[a-z-]+)=(.*)$/.exec(current) ?? [];
  const asked = name ?? before.at(-1);
  const option = options.find((one) => asked !== undefined && readFlags(one).names.includes(asked));
  if (option !== undefined && (name !== undefined || readFlags(option).takesValue)) {
    const values = plain(option.choices ?? []).filter(({ word }) => word.startsWith(start ?? current));
    return name === undefined
      ? values
      : values.map(({ word, description }) => ({ word: `${name}=${word}`, description }));
  }
  if (current.startsWith("-")) return suggestOptions(options, before);
  return suggestArgument(command.arguments ?? [], given);
}

/**
 * The words that fit at the cursor. `words` is what was typed behind the program's name, the word under the cursor last ("" for none);
 * from the registry and the commands' own contracts. Empty: nothing of ours fits, a file's name may.
 */
export async function suggest(words: readonly string[], commands: CommandLines): Promise<Suggestion[]> {
  // bash takes the = of --option=value for a word of its own, and the last word where nothing stands behind it yet.
  const typed = [...words, ...(words.at(-1) === "=" ? [""] : [])].filter((word) => word !== "=");
  const current = typed.at(-1) ?? "";
  const before = typed.slice(0, -1);
  const at = before.findIndex((word) => !word.startsWith("-"));
  const name = before[at];
  const names = Object.entries(commands).map(([word, { summary }]) => ({ word, description: summary }));
  if (name === undefined && current.startsWith("-"))
    return fitting(suggestOptions(optionsOf(undefined), before), current);
  if (name === undefined || (name === "help" && before.length === at + 1)) return fitting(names, current);
  const line = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (line === undefined) return [];
  const { default: command } = await line.load();
  return fitting(await suggestFor(command, [...before.slice(0, at), ...before.slice(at + 1)], current), current);
}

const fitting = (all: readonly Suggestion[], current: string): Suggestion[] =>
  all.filter(({ word }) => word.startsWith(current));
