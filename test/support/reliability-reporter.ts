import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";
import { type RowResult, renderReliability, rowsOfName } from "./reliability.ts";
import { root } from "./source-files.ts";

/** Writes docs/reliability.md from the run that it reports on. */
export default class ReliabilityReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const results = new Map<string, Map<string, RowResult>>();
    for (const module of modules) {
      const file = relative(root, module.moduleId);
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        for (const id of new Set(rowsOfName(test.fullName))) {
          const files = results.get(id) ?? new Map<string, RowResult>();
          const { passed, failed, skipped } = files.get(file) ?? { passed: 0, failed: 0, skipped: 0 };
          files.set(file, {
            passed: passed + Number(state === "passed"),
            failed: failed + Number(state === "failed"),
            skipped: skipped + Number(state === "skipped" || state === "pending"),
          });
          results.set(id, files);
        }
      }
    }
    writeFileSync(join(root, "docs/reliability.md"), renderReliability(results));
  }
}
