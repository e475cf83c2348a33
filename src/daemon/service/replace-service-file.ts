import { renameSync, rmSync, writeFileSync } from "node:fs";

/** Writes a file whole or not at all; managers want it readable, and no secret is in it. Throws: as the file system does. */
export function replaceServiceFile(file: string, content: Buffer): void {
  const temporary = `${file}.zenthrex-new`;
  try {
    writeFileSync(temporary, content, { mode: 0o644 });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
