import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The nearest folder, from this one upwards, that is a git repository; undefined where none is. */
export async function repositoryRoot(from: string): Promise<string | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    // A folder, or in a further worktree a file.
    if (await stat(join(folder, ".git")).then(Boolean, () => false)) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}
