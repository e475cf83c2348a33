import type { Clock } from "../base/clock.ts";
import { credentialLine } from "./credential-line.ts";
import { openWay } from "./net/open-way.ts";
import { sendRequest } from "./net/send-request.ts";
import type { RunStart } from "./types.ts";

/** The hosted API on this machine, for one run. Its key is published: it is worth nothing. */
export interface RunningSandbox {
  readonly origin: string;
  readonly key: string;
}

const STEP_TIMEOUT_MS = 10_000;

/** Makes what sends an early probe's requests: straight to the sandbox, which `start` starts with the first of them. */
export function sandboxAsker(start: () => Promise<RunningSandbox>, clock: Clock): RunStart["askSandbox"] {
  return async ({ path, ...rest }) => {
    const { origin, key } = await start();
    const request = { ...rest, url: `${origin}${path}` };
    const way = await openWay(origin, {
      proxyOf: () => ({ kind: "none" }),
      ca: undefined,
      clock,
      timeoutMs: STEP_TIMEOUT_MS,
    });
    const credential = request.credential === "none" ? undefined : credentialLine(request.credential, key);
    return sendRequest({ request, credential, sent: credential === undefined ? "none" : "own" }, way, clock);
  };
}
