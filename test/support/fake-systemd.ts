import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecResult } from "../../src/cli/context.ts";
import { processesOf } from "./background.ts";
import { startNode } from "./run-child.ts";

/** Where the unit of a home lies. */
export const unitOf = (home: string): string => join(home, ".config/systemd/user/zenthrex.service");

/** A systemctl that does what the unit says: it starts its words, and knows their pid. */
export function fakeSystemd(
  home: string,
  refuses: (line: string) => Partial<ExecResult> | undefined = () => undefined,
) {
  const lines: string[] = [];
  let pid = 0;
  const systemctl = (args: readonly string[]): Partial<ExecResult> => {
    const line = args.join(" ");
    lines.push(line);
    const refused = refuses(line);
    if (refused !== undefined) return refused;
    if (/ (re)?start /.test(line)) {
      const words = /^ExecStart=(.*)$/m.exec(readFileSync(unitOf(home), "utf8"))?.[1] ?? "";
      const [, ...rest] = (words.match(/"[^"]*"/g) ?? []).map((word) => word.slice(1, -1));
      pid = startNode(rest, { home }).process.pid ?? 0;
    }
    if (line.startsWith("--user show")) return { stdout: `MainPID=${processesOf(home).includes(pid) ? pid : 0}\n` };
    return {};
  };
  return { lines, programs: { systemctl } };
}

/** `Context.kill` for a test that ends what it started. */
export function kill(pid: number, signal: "SIGTERM" | 0): "sent" | "gone" {
  try {
    process.kill(pid, signal);
    return "sent";
  } catch {
    return "gone";
  }
}
