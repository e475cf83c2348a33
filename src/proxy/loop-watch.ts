import { cpuUsage } from "node:process";
import { getHeapStatistics } from "node:v8";
import type { Exchange } from "./exchange.ts";
import type { ProxyState } from "./proxy-state.ts";

/** What a blocked event loop is measured with. Units: milliseconds of clocks that nobody sets. */
export interface LoopMeter {
  now(): number;
  /** Processor time that this process has used. */
  cpuMs(): number;
  /** Share of the heap's limit that is in use, 0 to 1. */
  heapShare(): number;
  /** Calls back again and again; the returned function ends it. Never keeps the process alive. */
  every(periodMs: number, callback: () => void): () => void;
}

const systemMeter: LoopMeter = {
  // Stands still while the machine sleeps: that is no stall.
  now: () => performance.now(),
  cpuMs: () => {
    const { user, system } = cpuUsage();
    return (user + system) / 1_000;
  },
  heapShare: () => {
    const { used_heap_size, heap_size_limit } = getHeapStatistics();
    return used_heap_size / heap_size_limit;
  },
  every: (periodMs, callback) => {
    const timer = setInterval(callback, periodMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};

const lookEveryMs = 500;
/** Shorter ones are felt by nobody: clients wait for seconds. */
const stallMs = 1_000;
/** With so little heap left the collector runs most of the time. */
const fullHeap = 0.9;

/** Logs each time that the event loop stood still for over a second, and why; ends with the returned function. */
export function watchLoop(state: ProxyState): () => void {
  const meter = state.options.loopMeter ?? systemMeter;
  let lookedAt = meter.now();
  let cpuAt = meter.cpuMs();
  return meter.every(lookEveryMs, () => {
    const now = meter.now();
    const cpu = meter.cpuMs();
    const stoodMs = now - lookedAt - lookEveryMs;
    if (stoodMs > stallMs) tell(state, stoodMs, (cpu - cpuAt) / (now - lookedAt), meter.heapShare());
    lookedAt = now;
    cpuAt = cpu;
    // What is over was not the cause of what comes.
    if (state.active.size === 0) state.doing = undefined;
  });
}

function tell(state: ProxyState, stoodMs: number, busyShare: number, heapShare: number): void {
  state.options.log({
    level: "warn",
    message: `the daemon stood still for ${(stoodMs / 1_000).toFixed(1)} s: ${causeOf(state.doing, busyShare, heapShare)}`,
    fields: { stoodMs: Math.round(stoodMs), ...(state.doing && { request: state.doing.id }) },
  });
}

/** Processor time tells what a process did from what was done to it. */
function causeOf(doing: Exchange | undefined, busyShare: number, heapShare: number): string {
  if (busyShare < 0.5) return "it was stopped, or other programs had the processor";
  if (heapShare > fullHeap) return `its memory is nearly full (${Math.round(heapShare * 100)} % of the heap)`;
  if (doing === undefined) return "it was computing, for no request";
  const size = ((doing.body?.length ?? 0) / 1024 ** 2).toFixed(1);
  return `it was computing, last for ${doing.match.route} in the ${doing.lane} lane, with a body of ${size} MiB`;
}
