import type { Command, CommandLine, CommandOption, ExitCode } from "./command.ts";
import { wrap } from "./format.ts";

/** What every exit code means. A command's own help says more about the ones it uses. */
export const exitCodeMeanings: Readonly<Record<ExitCode, string>> = {
  0: "it worked",
  1: "a check failed",
  2: "wrong usage",
  3: "no key, or a wrong one",
  4: "the wallet is empty",
  5: "network, or a taken port",
  6: "a file can't be read or written",
  70: "a bug of zenthrex",
};

/** Options that every command takes, besides its own. */
export const commonOptions: readonly CommandOption[] = [
  { flags: "--json", description: "print JSON; errors too, as one line on stderr" },
  { flags: "--color, --no-color", description: "force or forbid colour (also FORCE_COLOR, NO_COLOR)" },
  { flags: "-h, --help", description: "show this help" },
];

/** How help is set: columns, and how headings are painted. */
export interface HelpStyle {
  readonly columns: number;
  readonly heading?: (text: string) => string;
}

type Rows = readonly (readonly [left: string, right: string])[];

/** The help of the program: every command with its summary, the exit codes, where the documentation is. */
export function renderProgramHelp(
  groups: Readonly<Record<string, Readonly<Record<string, CommandLine>>>>,
  readme: string,
  style: HelpStyle,
): string {
  const names = Object.values(groups).flatMap((group) => Object.keys(group));
  const left = leftColumn(names);
  return sections(style, [
    [undefined, wrap("zenthrex keeps your ZenthrexApi key here and lets every coding tool use it.", style.columns)],
    ["Usage", "  zenthrex <command> [options]"],
    ...Object.entries(groups).map(([title, group]): [string, string] => {
      const summaries = Object.entries(group).map(([name, line]) => [name, line.summary] as const);
      return [title, rows(summaries, style.columns, left)];
    }),
    [
      "Options",
      rows(optionRows([...commonOptions, { flags: "-V, --version", description: "print the version" }]), style.columns),
    ],
    ["Exit codes", rows(Object.entries(exitCodeMeanings), style.columns)],
    [undefined, `zenthrex <command> --help  options and examples of a command\n${readme}  documentation`],
  ]);
}

/** The help of one command. */
export function renderCommandHelp(name: string, command: Command, style: HelpStyle): string {
  const commandArguments = command.arguments ?? [];
  const names = commandArguments.map((argument) => argument.name);
  const words = command.passesThrough === true ? ["[options]", ...names] : [...names, "[options]"];
  const usage = ["zenthrex", name, ...words].join(" ");
  return sections(style, [
    [undefined, wrap(command.description, style.columns)],
    ["Usage", `  ${usage}`],
    [
      "Arguments",
      rows(
        commandArguments.map((argument) => [argument.name, argument.description]),
        style.columns,
      ),
    ],
    ["Options", rows(optionRows([...(command.options ?? []), ...commonOptions]), style.columns)],
    ...(command.tables ?? []).map((table) => [table.title, rows(table.rows, style.columns)] as const),
    ["Examples", examples(command, style.columns)],
    ["JSON", command.json === undefined ? "" : jsonLines(command.json, style.columns)],
    ["Exit codes", rows(Object.entries(command.exitCodes) as [string, string][], style.columns)],
  ]);
}

/** An option as help and docs print it: its flags, and its description with choices and default. */
export function optionRows(options: readonly CommandOption[]): [flags: string, description: string][] {
  return options.map((option) => {
    const notes = [
      ...(option.choices === undefined ? [] : [option.choices.join(" | ")]),
      ...(typeof option.defaultValue === "string" ? [`default ${option.defaultValue}`] : []),
      ...(option.repeatable === true ? ["repeatable"] : []),
    ];
    return [option.flags, notes.length === 0 ? option.description : `${option.description} (${notes.join("; ")})`];
  });
}

function sections(style: HelpStyle, parts: readonly (readonly [title: string | undefined, text: string])[]): string {
  const heading = style.heading ?? ((text: string) => text);
  const shown = parts.filter(([, text]) => text !== "");
  return `${shown.map(([title, text]) => (title === undefined ? text : `${heading(`${title}:`)}\n${text}`)).join("\n\n")}\n`;
}

const LEFT_MAX = 30;

function leftColumn(names: readonly string[]): number {
  return Math.min(LEFT_MAX, Math.max(0, ...names.map((name) => name.length)));
}

function rows(pairs: Rows, columns: number, left = leftColumn(pairs.map(([name]) => name))): string {
  return pairs
    .map(([name, text]) => {
      const body = wrap(text, columns, left + 4).trimStart();
      // A long name stands on a line of its own.
      return name.length > left ? `  ${name}\n${" ".repeat(left + 4)}${body}` : `  ${name.padEnd(left)}  ${body}`;
    })
    .join("\n");
}

function examples(command: Command, columns: number): string {
  return command.examples.map(({ run, does }) => `  ${run}\n${wrap(does, columns, 6)}`).join("\n");
}

/** JSON in lines of at most `columns`, broken behind commas. A line that begins no object goes on with the one before it. */
function jsonLines(json: string, columns: number): string {
  return json
    .split(/\n(?=\{)/)
    .map((text) => text.replace(/\n\s*/g, ""))
    .flatMap((line) => {
      const lines: string[] = [];
      for (const part of line.split(/(?<=,)/)) {
        const last = lines.at(-1);
        if (last === undefined || last.length + part.length > columns)
          lines.push(`${lines.length === 0 ? "  " : "   "}${part}`);
        else lines[lines.length - 1] = last + part;
      }
      return lines;
    })
    .join("\n");
}
