import type { Command, CommandLine, CommandOption } from "../../src/cli/command.ts";
import { commonOptions, exitCodeMeanings, optionRows } from "../../src/cli/help.ts";
import { markdownTable } from "./markdown-table.ts";

/** docs/cli.md: every command from its registry line and its contract. */
export async function renderCliDocs(
  groups: Readonly<Record<string, Readonly<Record<string, CommandLine>>>>,
): Promise<string> {
  const lines = Object.values(groups).flatMap((group) => Object.entries(group));
  const sections = await Promise.all(
    lines.map(async ([name, line]) => renderCommand(name, line, (await line.load()).default)),
  );
  const index = Object.entries(groups).flatMap(([title, group]) => [
    [`**${title}**`, ""],
    ...Object.entries(group).map(([name, line]) => [`[${name}](#zenthrex-${name})`, line.summary]),
  ]);
  return `${[
    "# Commands",
    "<!-- Generated from src/cli/commands by test/docs-cli.test.ts; `npx vitest run --config test/vitest.config.ts --project unit -u` rewrites it. -->",
    markdownTable(["command", "what it does"], index),
    "stdout is the result, stderr the rest. Every command takes:",
    options(commonOptions),
    "Exit codes are the same everywhere; each command says below what they mean for it.",
    markdownTable(["code", "meaning"], Object.entries(exitCodeMeanings)),
    "With `--json` an error is one line on stderr: `" +
      '{"error":{"code":"ZX_...","message":"...","fix":"...","exit_code":2}}' +
      "`. Shapes with a `version` keep their fields; new ones may be added.",
    ...sections,
  ].join("\n\n")}\n`;
}

function renderCommand(name: string, line: CommandLine, command: Command): string {
  const args = command.arguments ?? [];
  const names = args.map((argument) => argument.name);
  const words = command.passesThrough === true ? ["[options]", ...names] : [...names, "[options]"];
  const usage = ["zenthrex", name, ...words].join(" ");
  return [
    `## zenthrex ${name}`,
    `*${line.summary}*`,
    command.description,
    code(usage),
    args.length === 0
      ? ""
      : markdownTable(
          ["argument", "meaning"],
          args.map((argument) => [`\`${argument.name}\``, argument.description]),
        ),
    (command.options ?? []).length === 0 ? "" : options(command.options ?? []),
    ...(command.tables ?? []).map(({ title, rows }) =>
      markdownTable(
        [title.toLowerCase(), ""],
        rows.map(([left, right]) => [`\`${left}\``, right]),
      ),
    ),
    code(command.examples.map(({ run, does }) => `${run}\n    # ${does}`).join("\n")),
    command.json === undefined ? "" : `With \`--json\`:\n\n${code(command.json)}`,
    markdownTable(["exit code", "when"], Object.entries(command.exitCodes)),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function options(rows: readonly CommandOption[]): string {
  return markdownTable(
    ["option", "meaning"],
    optionRows(rows).map(([flags, text]) => [`\`${flags}\``, text]),
  );
}

function code(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``;
}
