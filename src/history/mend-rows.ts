import { basename } from "node:path";
import { monthFile, monthFiles } from "./folder.ts";
import type { Journal } from "./journal.ts";
import { linesOf } from "./read-lines.ts";
import { readRow } from "./rows.ts";
import type { JournalStart } from "./types.ts";
import { claimWriter, isWriterAlive, type ProcessFacts, readWriters, releaseClaim, type Writer } from "./writers.ts";

/** Who mends, and what it asks of the system. */
export interface MendOptions {
  readonly folder: string;
  readonly journal: Journal;
  readonly process: ProcessFacts;
  readonly nowMs: number;
}

/**
 * Ends the rows that killed daemons left open, as `interrupted`; those of daemons that live are left alone. Reads only what was written
 * since the killed daemon began, beside everything else. Shape: how many rows were ended. Throws: as the file system does.
 */
export async function mendRows({ folder, journal, process, nowMs }: MendOptions): Promise<number> {
  let mended = 0;
  for (const { writer, name } of readWriters(folder)) {
    const isClaim = /\.json\.(.+)$/.exec(name)?.[1];
    if (writer.id === journal.writer || isWriterAlive(writer, process, nowMs)) continue;
    if (isClaim !== undefined && isClaimed(folder, isClaim, process, nowMs)) continue;
    const claimed = claimWriter(folder, name, journal.writer);
    if (claimed === undefined) continue;
    for (const start of await openStarts(folder, writer)) {
      journal.mend(start);
      mended++;
    }
    journal.flush();
    // Rows that wait for the disk could still be lost: then another one mends them.
    if (journal.waiting === 0) releaseClaim(folder, claimed);
  }
  return mended;
}

/** The one that took the rows over may have been killed in its turn. */
function isClaimed(folder: string, by: string, process: ProcessFacts, nowMs: number): boolean {
  return readWriters(folder).some(({ writer }) => writer.id === by && isWriterAlive(writer, process, nowMs));
}

async function openStarts(folder: string, { id, month, fromByte }: Writer): Promise<JournalStart[]> {
  const open = new Map<string, JournalStart>();
  const first = monthFile(folder, Date.parse(`${month}-01`));
  const mark = `"writer":"${id}"`;
  for (const file of monthFiles(folder).filter((each) => basename(each) >= basename(first))) {
    for await (const lines of linesOf(file, { fromByte: file === first ? fromByte : 0 })) {
      // An end that another daemon mended names the mender.
      for (const line of lines) if (line.includes(mark) || line.includes('"mended":true')) follow(line, open);
    }
  }
  return [...open.values()];
}

function follow(line: string, open: Map<string, JournalStart>): void {
  const row = readRow(line);
  if (row?.kind === "start") open.set(row.start.id, row.start);
  else if (row?.kind === "end") open.delete(row.record.id);
}
