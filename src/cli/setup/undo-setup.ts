import { unifiedDiff } from "../../integrations/files/diff.ts";
import { previewUndo, type UndoneFile, undoTool } from "../../integrations/files/undo.ts";
import type { ExitCode, Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { oneLine } from "../format.ts";
import { writeNote } from "../note.ts";
import { writeJson, writeLine } from "../output.ts";
import { confirm, type ToolSetup } from "./tool-setup.ts";
import { writeManual } from "./write-manual.ts";

/** Takes back what was set up for a tool, or shows what that would change. */
export async function undoSetup(setup: ToolSetup, options: Invocation["options"], context: Context): Promise<ExitCode> {
  const { id, integration, status, files } = setup;
  const changes = await previewUndo(id, status.files, files);
  const diff = changes.map(unifiedDiff).join("");
  if (options["dryRun"] === true) {
    if (options["json"] === true) writeJson(context.stdout, { version: 1, tool: id, diff });
    else
      writeLine(context.stdout, diff === "" ? `Nothing of ${integration.title} is ours to restore.` : diff.trimEnd());
    return 0;
  }
  if (diff !== "" && !(await confirm("Restore? [Y/n] ", diff, options, context))) return 0;
  const undone = await undoTool(id, status.files, files);
  if (options["json"] === true) writeJson(context.stdout, { version: 1, tool: id, files: undone.map(asJson) });
  else report(setup, undone, context);
  return 0;
}

function report({ integration, status }: ToolSetup, undone: readonly UndoneFile[], context: Context): void {
  const changed = undone.filter(({ outcome }) => outcome !== "nothing");
  for (const { path, outcome, restored, isExact } of changed) {
    if (outcome === "deleted")
      writeManual([`Deleted ${oneLine(path)}: zenthrex had made it, and nothing else was in it.`], context.stdout);
    else if (isExact)
      writeManual([`Restored ${oneLine(path)}: it is byte for byte what it was before.`], context.stdout);
    else
      writeManual(
        [`Restored ${restored.length} keys in ${oneLine(path)}; what others wrote since stays.`],
        context.stdout,
      );
  }
  for (const { path, left } of undone) {
    if (left.length === 0) continue;
    const names = left.map((key) => key.join(".")).join(", ");
    writeNote(context, "note", `${names} in ${oneLine(path)} changed since setup: left as they are`);
  }
  if (changed.length > 0) {
    for (const line of integration.afterUndo ?? []) writeNote(context, "note", line);
    return;
  }
  writeLine(context.stdout, `There is nothing to undo: ${integration.title} holds nothing that zenthrex wrote.`);
  if (status.configuredFor === "zenthrex-direct") {
    writeNote(
      context,
      "note",
      "its settings name the hosted API all the same; that was not written by setup, or its receipt is lost",
    );
  }
}

function asJson({ path, outcome, restored, left, isExact }: UndoneFile): object {
  const names = (keys: readonly (readonly string[])[]): string[] => keys.map((key) => key.join("."));
  return { path, outcome, restored: names(restored), left: names(left), exact: isExact };
}
