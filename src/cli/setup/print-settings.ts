import { editSettings } from "../../integrations/files/edit-settings.ts";
import { loadSyntax } from "../../integrations/files/settings-format.ts";
import type { EditFileStep, Integration, Step } from "../../integrations/types.ts";
import type { ExitCode, Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { oneLine } from "../format.ts";
import { writeNote } from "../note.ts";
import { writeJson, writeLine } from "../output.ts";
import { shellSelf } from "./shell-words.ts";
import type { ToolSetup } from "./tool-setup.ts";
import { writeManual } from "./write-manual.ts";

/** True for settings that no real client of ours has read yet: they are shown, unless writing them was asked for. */
export function mustPrint(
  { verified }: Pick<Integration, "verified">,
  edits: readonly EditFileStep[],
  options: Invocation["options"],
): boolean {
  return verified === "docs-only" && edits.length > 0 && options["write"] !== true && options["dryRun"] !== true;
}

/** Prints what would be written, to be put there by hand; nothing is written, and the credential is named, not shown. */
export async function printSettings(
  { id, integration, status }: ToolSetup,
  steps: readonly Step[],
  options: Invocation["options"],
  context: Context,
): Promise<ExitCode> {
  const self = shellSelf(context);
  const files: { path: string; text: string }[] = [];
  for (const step of steps) {
    if (step.kind !== "edit-file") continue;
    const set = step.set.map((key) => (key.secret === true ? { ...key, value: `<${self} key token>` } : key));
    const { path } = step.file;
    files.push({ path, text: editSettings(undefined, set, await loadSyntax(path, step.file.syntax)) });
  }
  const manual = steps.flatMap((step) => (step.kind === "manual" ? step.lines : []));
  if (options["json"] === true) {
    writeJson(context.stdout, {
      version: 1,
      tool: id,
      changed: false,
      verified_with: null,
      print: files,
      manual,
      notes: status.notes,
    });
    return 0;
  }
  for (const { path, text } of files) {
    writeLine(context.stdout, `Into ${oneLine(path)}:\n`);
    writeLine(context.stdout, `${text.trimEnd()}\n`);
  }
  writeManual(manual, context.stdout);
  for (const note of status.notes) writeNote(context, "note", oneLine(note));
  writeNote(
    context,
    "note",
    `nothing was written: this follows ${integration.title}'s documentation (${integration.docsUrl}), and was not tried with it; ` +
      `\`${self} setup ${id} --write\` writes it all the same, and --undo takes it back`,
  );
  return 0;
}
