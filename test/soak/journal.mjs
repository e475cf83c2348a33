// What the daemon's journal says, read straight from its files.
import { createReadStream, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

function journalFiles(home) {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^\d{4}-\d{2}\.jsonl$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Counts rows and adds up the usage of completed requests. */
export async function readJournal(home) {
  const sums = {
    started: 0,
    ended: 0,
    twice: 0,
    unreadable: 0,
    lost: 0,
    outcomes: {},
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
  };
  const ended = new Set();
  for (const file of journalFiles(home)) {
    for await (const line of createInterface({ input: createReadStream(file) })) addRow(sums, ended, line);
  }
  return sums;
}

function addRow(sums, ended, line) {
  let row;
  try {
    row = JSON.parse(line);
  } catch {
    sums.unreadable++;
    return;
  }
  if (row.t === "start") sums.started++;
  else if (row.t === "lost") sums.lost += row.count;
  else if (row.t === "end") {
    if (ended.has(row.id)) sums.twice++;
    ended.add(row.id);
    sums.ended++;
    sums.outcomes[row.outcome] = (sums.outcomes[row.outcome] ?? 0) + 1;
    if (row.outcome === "completed") addUsage(sums, row.usage);
  }
}

function addUsage(sums, usage) {
  sums.inputTokens += usage?.input_tokens ?? 0;
  sums.outputTokens += usage?.output_tokens ?? 0;
  sums.cacheReadTokens += usage?.cache_read_tokens ?? 0;
  sums.cacheWriteTokens += (usage?.cache_write_5m_tokens ?? 0) + (usage?.cache_write_1h_tokens ?? 0);
}
