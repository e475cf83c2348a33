import type { Target } from "../../integrations/types.ts";
import type { ExitCode, Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { writeNote } from "../note.ts";
import { writeSecret } from "../output.ts";
import type { ToolSetup } from "./tool-setup.ts";

/** Prints the variables that point a tool at its target, to be pasted or evaluated; nothing is written. */
export function printEnvironment(
  { integration, status }: ToolSetup,
  target: Target,
  options: Invocation["options"],
  context: Context,
): ExitCode {
  for (const step of integration.plan(status, target)) {
    // Not through writeLine: the credential is what was asked for.
    if (step.kind === "env") writeSecret(context.stdout, render(step.variables, options["json"] === true));
    if (step.kind === "manual") for (const line of step.lines) writeNote(context, "note", line);
  }
  if (target.kind === "direct")
    writeNote(context, "warning", "the lines hold the real key: don't paste them where others read");
  return 0;
}

function render(variables: Readonly<Record<string, string>>, asJson: boolean): string {
  if (asJson) return `${JSON.stringify({ version: 1, variables }, undefined, 2)}\n`;
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}="${value.replace(/[\\"$`]/g, "\\$&")}"\n`)
    .join("");
}
