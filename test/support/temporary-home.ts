import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A home directory of its own for one test, gone after it. Links are resolved: macOS has its temporary folder behind one. */
export function temporaryHome(): string {
  const home = mkdtempSync(join(realpathSync(tmpdir()), "zenthrex-home-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true, maxRetries: 3 }));
  return home;
}
