import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type ServedProcess, type ServeOptions, startServe } from "./serve.ts";

/** What the honest client saw. Units: milliseconds. */
export interface ControlReport {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Statuses other than 200, and errors. */
  readonly failures: readonly (number | string)[];
  /** What reached the upstream and was not the honest client's. */
  readonly foreign: readonly string[];
}

/** A daemon that is attacked, beside a client that only wants its answers. */
export interface UnderAttack {
  readonly served: ServedProcess;
  /** Ends the honest client. */
  report(): Promise<ControlReport>;
}

/** Starts a daemon with an upstream and an honest client in a process of their own. */
export async function startUnderAttack(options: Omit<ServeOptions, "upstream"> = {}): Promise<UnderAttack> {
  const control = spawn(process.execPath, [fileURLToPath(new URL("control.mjs", import.meta.url))], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void control.kill("SIGKILL"));
  let text = "";
  const lines = async (count: number): Promise<string> => {
    while (text.split("\n").length <= count) await new Promise((resolve) => control.stdout.once("data", resolve));
    return text.split("\n")[count - 1] ?? "";
  };
  control.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const { port } = JSON.parse(await lines(1)) as { port: number };
  const served = await startServe({ ...options, upstream: `http://127.0.0.1:${port}` });
  control.stdin.write(`${JSON.stringify({ port: served.port, token: served.localToken })}\n`);
  return {
    served,
    async report() {
      control.stdin.end();
      return JSON.parse(await lines(2)) as ControlReport;
    },
  };
}

/** One line for whoever runs the full counts. */
export function sayControl(what: string, { count, p50, p99, max }: ControlReport): void {
  process.stdout.write(
    `${what}: ${count} honest requests beside it, p50 ${p50} ms, p99 ${p99} ms, slowest ${max} ms\n`,
  );
}
