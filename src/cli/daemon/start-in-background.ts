import { type AddressInfo, createServer } from "node:net";
import { isAbsolute, resolve } from "node:path";
import { ZenthrexError } from "../../base/errors.ts";
import { localHost } from "../../catalog/endpoints.ts";
import { stateDirectory } from "../../config/paths.ts";
import { startDetached } from "../../daemon/child.ts";
import { daemonEnvironment } from "../../daemon/environment.ts";
import { describeOwner, findPortOwner } from "../../daemon/find-port-owner.ts";
import { type DaemonFacts, describeDaemon, proveDaemonPatiently } from "../../daemon/prove.ts";
import { lastLines, sizeOf } from "../../daemon/read-log.ts";
import { type StartOutcome, waitUntilServing } from "../../daemon/start-daemon.ts";
import { daemonLogFile } from "../../daemon/state-file.ts";
import type { Context } from "../context.ts";
import { serveArguments } from "./serve-options.ts";

/** A daemon that is to run in the background. */
export interface BackgroundPlan {
  /** 0 takes a free one. */
  readonly port: number;
  readonly localToken: string;
  /** Options of `serve`, as `keptOptions` gives them. */
  readonly options: Readonly<Record<string, string | boolean>>;
  readonly env: Context["env"];
  readonly logFile?: string | undefined;
}

/** A daemon that runs in the background now, whether this command started it or another did. */
export interface BackgroundDaemon {
  readonly port: number;
  readonly url: string;
  readonly isNew: boolean;
  readonly facts: DaemonFacts | undefined;
  readonly logFile: string;
}

/** The daemon ended before it served. `lines`: what it logged. */
export interface BackgroundFailure {
  readonly exitCode: number | string | undefined;
  readonly logFile: string;
  readonly lines: readonly string[];
}

const SHOWN_LINES = 10;

/**
 * Starts a daemon that lives on, and waits until it has proven that it serves.
 * Throws: ZX_PORT_TAKEN naming a stranger on the port; ZX_FILE_ACCESS for its log.
 */
export async function startInBackground(
  plan: BackgroundPlan,
  context: Context,
): Promise<BackgroundDaemon | BackgroundFailure> {
  const port = plan.port === 0 ? await freePort() : plan.port;
  const logFile = backgroundLog(plan.logFile, port, context);
  const describe = (isNew: boolean, facts: DaemonFacts | undefined): BackgroundDaemon => {
    return { port, url: `http://${localHost}:${port}`, isNew, facts, logFile };
  };
  const identity = await proveDaemonPatiently(port, plan.localToken);
  if (identity === "ours") return describe(false, await describeDaemon(port, plan.localToken));
  if (identity === "stranger") throw await portTaken(port, context);
  const loggedBefore = sizeOf(logFile);
  const child = startDetached({
    file: context.nodePath,
    args: [context.programPath, ...serveArguments(plan.options, port, logFile)],
    env: daemonEnvironment(plan.env, plan.options["sandbox"] === true),
    // Its own folder could be deleted, or keep a disk from being taken out.
    cwd: isAbsolute(context.home) ? context.home : "/",
    outputFile: logFile,
  });
  let outcome: StartOutcome;
  try {
    outcome = await waitUntilServing({ port, localToken: plan.localToken, child });
  } finally {
    child.release();
  }
  if (outcome.kind !== "failed") return describe(outcome.kind === "started", outcome.facts);
  return { exitCode: outcome.exitCode, logFile, lines: lastLines(logFile, SHOWN_LINES, { fromByte: loggedBefore }) };
}

/** The log of a daemon in the background. Shape: an absolute path. */
export function backgroundLog(asked: string | undefined, port: number, context: Context): string {
  return resolve(context.cwd, asked ?? daemonLogFile(stateDirectory(context), port));
}

async function portTaken(port: number, context: Context): Promise<ZenthrexError> {
  const owner = describeOwner(await findPortOwner(port, context));
  return new ZenthrexError("ZX_PORT_TAKEN", `port ${port} of ${localHost} is taken by ${owner}`, {
    fix: "Stop it, or choose another port: zenthrex serve --port <port>, for good: zenthrex config set port <port>.",
  });
}

/** A port that is free now. Whoever takes it in the next milliseconds makes the start fail, and say so. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once("error", fail).listen(0, localHost, done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
