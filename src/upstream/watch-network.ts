import type { NetworkInterfaceInfo } from "node:os";
import type { Clock } from "../base/clock.ts";

/** What `os.networkInterfaces()` gives. */
type ReadInterfaces = () => Readonly<Record<string, NetworkInterfaceInfo[] | undefined>>;

/** Why idle connections are probably dead. */
export type NetworkChange = "clock-jump" | "interfaces";

const POLL_MS = 2_000;
const JUMP_MS = 5_000;

/**
 * The outward addresses of the machine as one comparable text.
 * Link-local ones are left out: every container that starts adds one, and the way to the upstream isn't through them.
 */
function addressesOf(readInterfaces: ReadInterfaces): string {
  let interfaces: ReturnType<ReadInterfaces>;
  try {
    interfaces = readInterfaces();
  } catch {
    return ""; // Some sandboxes forbid the question.
  }
  return Object.entries(interfaces)
    .flatMap(([name, addresses]) => (addresses ?? []).map((info) => ({ name, info })))
    .filter(({ info }) => !info.internal && !/^(fe[89ab]|169\.254\.)/i.test(info.address))
    .map(({ name, info }) => `${name} ${info.cidr ?? info.address}`)
    .sort()
    .join("\n");
}

/**
 * Calls back when the machine slept or its clock was set (wall time and the time between two polls differ by over 5 s), or when the
 * set of its addresses changed. Polls every 2 s on the clock, which never keeps the process alive.
 * The returned function stops it.
 */
export function watchNetwork(
  clock: Clock,
  readInterfaces: ReadInterfaces,
  onChange: (change: NetworkChange) => void,
): () => void {
  let stopped = false;
  let cancel = (): void => undefined;
  let polledAt = clock.now();
  let addresses = addressesOf(readInterfaces);

  const poll = (): void => {
    const now = clock.now();
    const jumped = Math.abs(now - polledAt - POLL_MS) > JUMP_MS;
    const current = addressesOf(readInterfaces);
    const moved = current !== addresses;
    polledAt = now;
    addresses = current;
    cancel = clock.after(POLL_MS, poll);
    if (jumped) onChange("clock-jump");
    else if (moved) onChange("interfaces");
  };

  cancel = clock.after(POLL_MS, poll);
  return () => {
    if (stopped) return;
    stopped = true;
    cancel();
  };
}
