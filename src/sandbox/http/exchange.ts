import type { IncomingMessage, ServerResponse } from "node:http";
import { type AnswerForm, formOf } from "../answer/answer-form.ts";
import type { Refusal } from "../refusal.ts";
import { nextId, type SandboxState } from "../sandbox-state.ts";
import { addToLog, type LogEntry } from "./request-log.ts";

/** One request and its answer. */
export interface Exchange {
  readonly state: SandboxState;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  /** How the client reads errors, pings and headers. */
  readonly form: AnswerForm;
  readonly entry: LogEntry;
  /** Resolves when the connection of the answer is gone, for whatever reason. */
  readonly closed: Promise<void>;
  /** True once the client has left with its answer incomplete. */
  hasLeft(): boolean;
  /** The sandbox itself is about to end the connection: that isn't the client's doing. */
  cutByUs: boolean;
}

/** Begins an exchange: gives it its id and remembers it. */
export function openExchange(state: SandboxState, request: IncomingMessage, response: ServerResponse): Exchange {
  const requestId = nextId(state, "req");
  const entry: LogEntry = {
    id: requestId,
    startedAtMs: state.clock.now(),
    method: request.method ?? "",
    path: request.url ?? "",
    headers: request.rawHeaders,
    body: undefined,
    bodyBytes: 0,
    status: null,
    aborted: false,
    model: null,
    usage: null,
    costUsd: 0,
  };
  addToLog(state.memory.log, entry);
  const closed = new Promise<void>((resolve) => response.once("close", resolve));
  const exchange: Exchange = {
    ...{ state, request, response, requestId, entry, closed, cutByUs: false },
    form: formOf(entry.path),
    hasLeft: () => response.destroyed && !response.writableFinished && !exchange.cutByUs,
  };
  response.once("close", () => {
    entry.aborted = !response.writableFinished && !exchange.cutByUs;
  });
  return exchange;
}

type Headers = Readonly<Record<string, string>>;

/** Headers in the words of the client's API. */
export function toldHeaders({ form, state }: Exchange, headers: Headers): Headers {
  return form.headers(headers, state.clock.now());
}

/** Headers of every answer. The clock is the sandbox's, so that its bytes are always the same. */
export function commonHeaders(exchange: Exchange): Headers {
  const date = new Date(exchange.state.clock.now()).toUTCString();
  return toldHeaders(exchange, { date, server: "zenthrex-sandbox", "request-id": exchange.requestId });
}

/** Sends a complete body. */
export function sendBody(exchange: Exchange, status: number, body: string, headers: Headers = {}): void {
  if (exchange.response.destroyed) return;
  exchange.entry.status = status;
  const bytes = Buffer.from(body, "utf8");
  exchange.response.writeHead(status, {
    ...commonHeaders(exchange),
    "content-type": "application/json",
    ...toldHeaders(exchange, headers),
    "content-length": `${bytes.length}`,
  });
  exchange.response.end(bytes);
}

/** Sends an error in the envelope of the client's API. */
export function sendRefusal(exchange: Exchange, refusal: Refusal): void {
  const { status, body } = exchange.form.error(refusal, exchange.requestId);
  sendBody(exchange, status, body, refusal.headers);
}

/** Waits by the sandbox's clock. Shape: false where the connection was gone first. */
export async function pause(exchange: Exchange, delayMs: number): Promise<boolean> {
  if (exchange.response.destroyed) return false;
  return await new Promise<boolean>((resolve) => {
    const cancel = exchange.state.clock.after(delayMs, () => resolve(true));
    void exchange.closed.then(() => {
      cancel();
      resolve(false);
    });
  });
}
