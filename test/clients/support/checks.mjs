// A line a check.
import { loadavg } from "node:os";

/** Counts and prints checks. A check is a function that throws when what it says isn't so. */
export function startChecks(print) {
  const tally = { passed: 0, failed: 0, notRun: [] };
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
      tally.passed++;
      print(`  pass  ${title} (${typeof remark === "string" ? `${remark}, ` : ""}${took})\n`);
    } else {
      tally.failed++;
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
  return { tally, check, notRun };
}

/** Throws with a message that quotes what there was. */
export function expect(condition, message, seen) {
  if (condition) return;
  const quoted = seen === undefined ? "" : `: ${typeof seen === "string" ? seen : JSON.stringify(seen)}`;
  throw new Error(`${message}${quoted.slice(0, 1500)}`);
}
