import { hostedLimits } from "../../catalog/limits.ts";
import { type Exchange, pause, sendBody, sendRefusal } from "../http/exchange.ts";
import { refusal } from "../refusal.ts";
import type { Fault, Point } from "../reply/reply.ts";

/** A fault of one kind. */
type FaultOf<Kind extends Fault["kind"]> = Extract<Fault, { kind: Kind }>;

/** The faults of one kind, typed as such. */
export function faultsOf<Kind extends Fault["kind"]>(faults: readonly Fault[], kind: Kind): FaultOf<Kind>[] {
  return faults.filter((fault): fault is FaultOf<Kind> => fault.kind === kind);
}

/** Silence that the hosted API gives up on. Source: hosted documentation, "Error Reference": 504, stalled past 600s. */
const giveUpSeconds = hostedLimits.streamStallMs / 1_000;

const htmlPage =
  "<!doctype html>\n<html><head><title>Sign in</title></head><body><h1>Not the API</h1>" +
  "<p>The sandbox pretends to be a login page between you and the API.</p></body></html>\n";

function sendError(exchange: Exchange, fault: FaultOf<"error">): void {
  const standard = fault.status === 429 ? 1 : undefined;
  const retryAfter = fault.retryAfterSeconds ?? standard;
  const headers = retryAfter === undefined ? undefined : { "retry-after": `${retryAfter}` };
  sendRefusal(exchange, refusal(fault.status, fault.message, headers));
}

/** True where an error that happens only n times has still to happen for this prompt. */
function isDue(exchange: Exchange, fault: FaultOf<"error">, promptKey: string): boolean {
  if (fault.times === undefined) return true;
  const { attempts } = exchange.state.memory;
  const seen = (attempts.get(promptKey) ?? 0) + 1;
  attempts.set(promptKey, seen);
  return seen <= fault.times;
}

/**
 * Answers with something else than a message, where a fault asks for it: an error, HTML, a redirect, nothing.
 * Shape: true where the exchange is answered.
 */
export function answerInstead(exchange: Exchange, faults: readonly Fault[], promptKey: string): boolean {
  for (const fault of faults) {
    if (fault.kind === "error" && isDue(exchange, fault, promptKey)) {
      sendError(exchange, fault);
      return true;
    }
    if (fault.kind === "html") {
      sendBody(exchange, fault.status, htmlPage, { "content-type": "text/html; charset=utf-8" });
      return true;
    }
    if (fault.kind === "redirect") {
      sendBody(exchange, fault.status, "", { location: fault.location });
      return true;
    }
    if (fault.kind === "empty") {
      sendBody(exchange, fault.status, "");
      return true;
    }
  }
  return false;
}

/** What a silence ended with. */
type AfterStall = "go-on" | "left" | "timed-out";

/** Is silent for as long as the faults at a point ask; beyond 600 s the hosted API gives up. */
export async function stallAt(
  exchange: Exchange,
  faults: readonly Fault[],
  isHere: (at: Point) => boolean,
): Promise<AfterStall> {
  for (const fault of faultsOf(faults, "stall")) {
    if (!isHere(fault.at)) continue;
    const stayed = await pause(exchange, Math.min(fault.seconds, giveUpSeconds) * 1_000);
    if (!stayed) return "left";
    if (fault.seconds > giveUpSeconds) return "timed-out";
  }
  return "go-on";
}

/** Ends the connection without another byte. */
export function dropConnection(exchange: Exchange, isReset: boolean): void {
  exchange.cutByUs = true;
  const { socket } = exchange.request;
  if (isReset) socket.resetAndDestroy();
  else socket.destroy();
}
