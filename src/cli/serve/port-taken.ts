import { ZenthrexError } from "../../base/errors.ts";
import { localHost } from "../../catalog/endpoints.ts";
import { describeOwner, findPortOwner } from "../../daemon/find-port-owner.ts";
import { type DaemonFacts, describeDaemon, proveDaemonPatiently } from "../../daemon/prove.ts";
import type { Context } from "../context.ts";

/** A daemon of ours that already serves, and what it tells of itself. */
export interface AlreadyRunning {
  readonly facts: DaemonFacts | undefined;
}

/**
 * Finds out what to make of a taken port: a daemon of ours, proven by the local token, is no error.
 * Throws: ZX_PORT_TAKEN naming what holds the port, as far as this user may know.
 */
export async function examineTakenPort(
  port: number,
  localToken: string,
  context: Context,
  cause: unknown,
): Promise<AlreadyRunning> {
  const identity = await proveDaemonPatiently(port, localToken);
  if (identity === "ours") return { facts: await describeDaemon(port, localToken) };
  const owner = describeOwner(await findPortOwner(port, context));
  throw new ZenthrexError("ZX_PORT_TAKEN", `port ${port} of ${localHost} is taken by ${owner}`, {
    fix: "Stop it, or choose another port: zenthrex serve --port <port>, for good: zenthrex config set port <port>.",
    cause,
  });
}
