import type { CommandLine } from "../command.ts";

/**
 * The commands in the order of their help. A summary stands here and not in the command's module, so that `--help` imports none.
 * `test/registries.test.ts` holds the folder equal to this table.
 */
export const commands: Readonly<Record<string, CommandLine>> = {} satisfies Readonly<Record<string, CommandLine>>;
