import { join } from "node:path";
import { keyVariable } from "../../config/key.ts";
import { sweepCopies, sweepTemporaries } from "../../config/leftovers.ts";
import { configPaths } from "../../config/paths.ts";
import { updateConfig } from "../../config/store.ts";
import { forgetSecret } from "../../integrations/files/forget-secret.ts";
import type { Command } from "../command.ts";
import type { Context } from "../context.ts";
import { writeJson, writeLine } from "../output.ts";

const logout: Command = {
  description:
    "Removes every copy of the key that zenthrex keeps: in the config file, in temporary files of killed commands, in editors' " +
    "backups of it, and in what setup keeps to undo itself. The local token stays, so tools need no new setup after the next login. A running daemon stops using the key at once.",
  examples: [{ run: "zenthrex logout", does: "remove the key and say what else still holds it" }],
  exitCodes: { 0: "no copy is left, or there was none", 2: "wrong usage", 6: "a file can't be read or written" },
  json: ['{"version":1,"removed":true,"deleted_files":[],', ' "still_held_by":["ZENTHREX_KEY ..."]}'].join("\n"),
  async run({ options }, context) {
    const paths = configPaths(context);
    let stored: string | undefined;
    await updateConfig(paths, (values) => {
      const { key, ...rest } = values;
      if (typeof key === "string") stored = key;
      return "key" in values ? rest : undefined;
    });
    const copies = stored === undefined ? { deleted: sweepTemporaries(paths), kept: [] } : sweepCopies(paths, stored);
    const settings = stored === undefined ? [] : await forgetSecret(stored, join(paths.directory, "receipts"));
    const stillHeldBy = [...new Set([...copies.kept, ...settings, ...(await otherHolders(settings, context))])];
    const result = {
      version: 1,
      removed: stored !== undefined,
      deleted_files: copies.deleted,
      still_held_by: stillHeldBy,
    };
    if (options["json"] === true) writeJson(context.stdout, result);
    else report(result, context);
    return 0;
  },
};

export default logout;

interface Result {
  readonly removed: boolean;
  readonly deleted_files: readonly string[];
  readonly still_held_by: readonly string[];
}

function report(result: Result, context: Context): void {
  writeLine(context.stdout, result.removed ? "The key is removed." : "There was no key in the config file.");
  for (const file of result.deleted_files) writeLine(context.stdout, `Deleted a leftover copy: ${file}`);
  for (const holder of result.still_held_by) writeLine(context.stdout, `Still holds a key: ${holder}`);
}

/** What zenthrex doesn't keep but knows of: the environment, and tools that were set up with the key itself. */
async function otherHolders(settings: readonly string[], context: Context): Promise<string[]> {
  const variable = context.env[keyVariable]
    ? [`${keyVariable} in this shell: unset it, also where it is set for new shells`]
    : [];
  const { integrations } = await import("../../integrations/registry.ts");
  const tools = await Promise.all(
    Object.entries(integrations).map(async ([id, load]) => {
      const { default: integration } = await load();
      // A tool whose settings can't be read is none of logout's business, and a repository's own settings neither.
      const status = await integration.detect({ ...context, cwd: context.home }).catch(() => undefined);
      const isDirect = status?.configuredFor === "zenthrex-direct";
      const holds = status?.files.some(({ path }) => settings.includes(path)) ?? false;
      return isDirect || holds ? [`${integration.title}: run zenthrex setup ${id} --undo`] : [];
    }),
  );
  return [...variable, ...tools.flat()];
}
