import { commonHeaders, type Exchange, pause, toldHeaders } from "../http/exchange.ts";
import { refusal } from "../refusal.ts";
import type { CutKind, Fault, Point } from "../reply/reply.ts";
import { dropConnection, faultsOf, stallAt } from "./faults.ts";
import type { Frame } from "./render-message.ts";

/** A stream under way. */
interface StreamOut {
  readonly exchange: Exchange;
  readonly faults: readonly Fault[];
  readonly paceMs: number;
  readonly totalDeltas: number;
  deltasSent: number;
  /** Frames that are not yet written: they leave together, at a pause or when there are many. */
  waiting: string;
}

/** How a stream ended: whole, by a fault, or because the client left. */
export interface StreamEnd {
  readonly how: "whole" | "fault" | "left";
  readonly deltasSent: number;
}

const flushCharacters = 64 * 1024;

/** Writes what waits, and waits itself where the client reads slowly. Shape: false where the client has left. */
async function flush(out: StreamOut): Promise<boolean> {
  const { response } = out.exchange;
  if (response.destroyed) return false;
  if (out.waiting === "") return true;
  const isTaken = response.write(out.waiting);
  out.waiting = "";
  if (isTaken) return true;
  return await new Promise<boolean>((resolve) => {
    response.once("drain", () => resolve(true));
    void out.exchange.closed.then(() => resolve(false));
  });
}

/** Resolves when all that was written has been handed to the system, so that a connection can be ended behind it. */
async function written({ exchange }: StreamOut): Promise<void> {
  await new Promise<void>((resolve) => {
    exchange.response.write("", () => resolve());
    void exchange.closed.then(resolve);
  });
}

/** Ends a stream too early, in one of the ways in which that happens. */
async function cut(out: StreamOut, how: CutKind, next: string): Promise<void> {
  const isHalf = how === "half-frame" || how === "reset" || how === "clean-half-frame";
  if (isHalf) out.waiting += next.slice(0, Math.ceil(next.length / 2));
  if (!(await flush(out))) return;
  if (how === "clean" || how === "clean-half-frame") {
    out.exchange.response.end();
    return;
  }
  await written(out);
  dropConnection(out.exchange, how === "reset");
}

/** Runs the faults of one place. Shape: undefined where the stream goes on. */
async function faultsAt(
  out: StreamOut,
  isHere: (at: Point) => boolean,
  next: string,
): Promise<StreamEnd["how"] | undefined> {
  const { exchange, faults } = out;
  for (const ping of faultsOf(faults, "ping"))
    if (isHere(ping.at)) out.waiting += exchange.form.pingFrame.repeat(ping.count);
  if (faultsOf(faults, "stall").some((fault) => isHere(fault.at))) {
    if (!(await flush(out))) return "left";
    const after = await stallAt(exchange, faults, isHere);
    if (after === "left") return "left";
    if (after === "timed-out") return await endWithError(out, 504);
  }
  const error = faultsOf(faults, "error-event").find((fault) => isHere(fault.at));
  if (error !== undefined) return await endWithError(out, error.status, error.message);
  const early = faultsOf(faults, "cut").find((fault) => isHere(fault.at));
  if (early === undefined) return undefined;
  await cut(out, early.how, next);
  return "fault";
}

async function endWithError(out: StreamOut, status: number, message?: string): Promise<"fault" | "left"> {
  const { form, requestId } = out.exchange;
  out.waiting += form.errorFrame(refusal(status, message), requestId);
  if (!(await flush(out))) return "left";
  out.exchange.response.end();
  return "fault";
}

/** The place before a frame: behind message_start, behind the n-th delta, before message_stop (also for an n never reached). */
function placeBefore(out: StreamOut, previous: Frame | undefined, next: Frame): ((at: Point) => boolean) | undefined {
  if (next.kind === "stop") return (at) => at === "end" || (typeof at === "number" && at > out.totalDeltas);
  if (previous?.kind === "start") return (at) => at === "start" || at === 0;
  return previous?.kind === "delta" ? (at) => at === out.deltasSent : undefined;
}

/** Streams frames with the faults among them. */
export async function sendStream(
  exchange: Exchange,
  frames: Iterable<Frame>,
  faults: readonly Fault[],
  totalDeltas: number,
): Promise<StreamEnd> {
  const paceMs = faultsOf(faults, "pace").at(-1)?.milliseconds ?? 0;
  const out: StreamOut = { exchange, faults, paceMs, totalDeltas, deltasSent: 0, waiting: "" };
  const end = (how: StreamEnd["how"]): StreamEnd => ({ how, deltasSent: out.deltasSent });
  let previous: Frame | undefined;
  for (const frame of frames) {
    const isHere = placeBefore(out, previous, frame);
    const ended = isHere === undefined ? undefined : await faultsAt(out, isHere, frame.text);
    if (ended !== undefined) return end(ended);
    out.waiting += frame.text;
    if (frame.kind === "delta") out.deltasSent++;
    const mustFlush = out.waiting.length >= flushCharacters || (out.paceMs > 0 && frame.kind === "delta");
    if (mustFlush && !(await flush(out))) return end("left");
    if (out.paceMs > 0 && frame.kind === "delta" && !(await pause(exchange, out.paceMs))) return end("left");
    previous = frame;
  }
  if (exchange.response.destroyed) return end("left");
  exchange.response.end(out.waiting);
  return end("whole");
}

/** Opens a stream: status and headers. */
export function openStream(exchange: Exchange, headers: Readonly<Record<string, string>>): void {
  exchange.entry.status = 200;
  exchange.response.writeHead(200, {
    ...commonHeaders(exchange),
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    ...toldHeaders(exchange, headers),
  });
}
