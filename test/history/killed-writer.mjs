// Writes rows through the built journal and says each one that is in the file, until it is killed.
import { writeSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { systemClock } from "../../dist/base/clock.js";
import { openJournal } from "../../dist/history/journal.js";

const [folder, writer] = process.argv.slice(2);
const facts = { pid: process.pid, host: "here", bootedAtMs: 0, isRunning: () => true };
const journal = openJournal({
  folder,
  clock: systemClock,
  process: facts,
  writer,
  tell: (message) => process.stderr.write(message),
});
const usage = { inputTokens: 7, outputTokens: 3, cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0 };
for (let count = 0; ; count++) {
  const ids = [0, 1, 2].map((part) => `${writer}_${count}_${part}`);
  const startedAtMs = Date.now();
  const start = (id) => ({ id, startedAtMs, route: "messages", tool: "test", modelAsked: "claude-haiku-4-5" });
  for (const id of ids) {
    journal.started(start(id));
    journal.flush();
    writeSync(1, `s ${id}\n`);
  }
  // The third one is left open.
  for (const id of ids.slice(0, 2)) {
    journal.ended({
      ...start(id),
      lane: "raw",
      stream: true,
      status: 200,
      outcome: "completed",
      durationMs: 1,
      usage,
      costUsd: 0.001,
      warnings: [],
    });
  }
  await turn();
  await turn();
  for (const id of ids.slice(0, 2)) writeSync(1, `e ${id}\n`);
}
