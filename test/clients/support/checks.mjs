// A line a check.
import { loadavg } from "node:os";

/** How a title begins that is about settings written by hand, where the others have those of setup or run alone. */
const BY_HAND = /^by hand\b/;

/** Counts and prints checks. A check is a function that throws when what it says isn't so. */
export function startChecks(print) {
  const tally = { passed: 0, failed: 0, notRun: [], clients: [] };
  /** Those that follow are this client's. */
  const begin = (name, configuredBy = "its own arguments") => {
    tally.clients.push({ name, configuredBy, passed: 0, failed: 0, byHand: 0 });
  };
  const count = (title, outcome) => {
    tally[outcome]++;
    const client = tally.clients.at(-1);
    if (client === undefined) return;
    client[outcome]++;
    if (BY_HAND.test(title)) client.byHand++;
  };
  /** `seconds`: how long it took elsewhere, when `act` only reports it. */
  const check = async (title, act, seconds) => {
    const begun = performance.now();
    let failure;
    let remark;
    try {
      remark = await act();
    } catch (error) {
      failure = error;
    }
    const took = `${(seconds ?? (performance.now() - begun) / 1000).toFixed(1)} s`;
    if (failure === undefined) {
      count(title, "passed");
      print(`  pass  ${title} (${typeof remark === "string" ? `${remark}, ` : ""}${took})\n`);
    } else {
      count(title, "failed");
      const text = String(failure.message ?? failure).replaceAll("\n", "\n        ");
      print(`  FAIL  ${title} (${took}, load ${loadavg()[0].toFixed(1)})\n        ${text}\n`);
    }
    return failure === undefined;
  };
  /** Lists a check that can't be made here; the summary has it too. */
  const notRun = (title, reason) => {
    tally.notRun.push({ title, reason });
    print(`  not run  ${title}: ${reason}\n`);
  };
  return { tally, begin, check, notRun };
}

/** A line a client: what configured it for its checks, and how many of them had settings by hand. */
export function tableOf({ clients }) {
  const rows = [
    ["client", "configured by", "passed", "failed", "of them by hand"],
    ...clients.map((one) => [one.name, one.configuredBy, one.passed, one.failed, one.byHand === 0 ? "-" : one.byHand]),
  ].map((cells) => cells.map(String));
  const widths = rows[0].map((_, column) => Math.max(...rows.map((cells) => cells[column].length)));
  return rows
    .map(
      (cells) =>
        `${cells
          .map((cell, column) => cell.padEnd(widths[column]))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

/** Throws with a message that quotes what there was. */
export function expect(condition, message, seen) {
  if (condition) return;
  const quoted = seen === undefined ? "" : `: ${typeof seen === "string" ? seen : JSON.stringify(seen)}`;
  throw new Error(`${message}${quoted.slice(0, 1500)}`);
}
