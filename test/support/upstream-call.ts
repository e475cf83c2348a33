import { headerValues } from "../../src/base/headers.ts";
import type { UpstreamCall, UpstreamClient, UpstreamFailure, UpstreamRequest } from "../../src/upstream/types.ts";

/** One call and everything its handler was told. */
export interface RecordedCall {
  readonly call: UpstreamCall;
  /** "headers 200", "data 5", "end delimited", "end open", "failure ZX_...": in order. */
  readonly events: string[];
  readonly statuses: number[];
  readonly headers: () => readonly string[];
  readonly header: (name: string) => string | undefined;
  readonly body: () => string;
  readonly failure: () => UpstreamFailure | undefined;
  /** Resolves with the first of onHeaders, onEnd and onFailure. */
  readonly headed: Promise<void>;
  /** Resolves with onEnd or onFailure. */
  readonly done: Promise<void>;
}

/** A Messages request as the proxy sends it. */
export const postMessages: UpstreamRequest = {
  method: "POST",
  path: "/v1/messages",
  headers: ["content-type", "application/json", "x-api-key", "zk_test_0000000000000000"],
  body: Buffer.from('{"model":"claude-opus-4-7","max_tokens":1,"messages":[]}'),
};

/** A request without a body. */
export const getModels: UpstreamRequest = { method: "GET", path: "/v1/models", headers: [] };

/** Sends a request and records what comes of it; `onEvent` runs inside the handler, after the record. */
export function record(
  client: UpstreamClient,
  request: UpstreamRequest = postMessages,
  onEvent: (event: string, call: UpstreamCall | undefined) => void = () => undefined,
): RecordedCall {
  const events: string[] = [];
  const statuses: number[] = [];
  const chunks: Buffer[] = [];
  let headers: readonly string[] = [];
  let failure: UpstreamFailure | undefined;
  let resolveHeaded = (): void => undefined;
  let resolveDone = (): void => undefined;
  const headedPromise = new Promise<void>((resolve) => {
    resolveHeaded = resolve;
  });
  const donePromise = new Promise<void>((resolve) => {
    resolveDone = resolve;
  });
  let call: UpstreamCall | undefined;
  const note = (event: string): void => {
    events.push(event);
    resolveHeaded();
    if (/^(end|failure)/.test(event)) resolveDone();
    onEvent(event, call);
  };
  call = client.send(request, {
    onHeaders(status, raw) {
      statuses.push(status);
      headers = raw;
      note(`headers ${status}`);
    },
    onData(chunk) {
      chunks.push(Buffer.from(chunk));
      note(`data ${chunk.length}`);
    },
    onEnd: (delimited) => note(delimited ? "end delimited" : "end open"),
    onFailure(reason) {
      failure = reason;
      note(`failure ${reason.code}`);
    },
  });
  return {
    call,
    events,
    statuses,
    headers: () => headers,
    header: (name) => headerValues(headers, name)[0],
    body: () => Buffer.concat(chunks).toString(),
    failure: () => failure,
    headed: headedPromise,
    done: donePromise,
  };
}
