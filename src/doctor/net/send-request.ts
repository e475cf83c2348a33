import { request as httpRequest, type IncomingMessage } from "node:http";
import { brotliDecompressSync, constants, gunzipSync, inflateSync } from "node:zlib";
import type { Clock } from "../../base/clock.ts";
import { errorCode } from "../../base/error-code.ts";
import { printable } from "../../base/redact.ts";
import type { ProbeAnswer, ProbeRequest } from "../types.ts";
import type { OpenedWay } from "./open-way.ts";

/** A request with its credential filled in. */
export interface ResolvedRequest {
  readonly request: ProbeRequest;
  readonly credential: readonly [name: string, value: string] | undefined;
  readonly sent: Extract<ProbeAnswer, { kind: "answer" }>["sent"];
}

const MAX_BODY_BYTES = 256 * 1024;
const MOST_UNPACKED_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 10_000;

/** Sends one request over a way that was opened for it, and gathers the beginning of its answer. Never fails, follows nothing. */
export async function sendRequest(
  { request, credential, sent }: ResolvedRequest,
  { way, socket }: OpenedWay,
  clock: Clock,
): Promise<ProbeAnswer> {
  if (socket === undefined) return failedAt(way);
  const url = new URL(request.url);
  const startedAt = performance.now();
  const body = request.body === undefined ? undefined : Buffer.from(request.body);
  const timeoutMs = request.timeoutMs ?? TIMEOUT_MS;
  return new Promise((resolve) => {
    const finish = (answer: ProbeAnswer): void => {
      cancel();
      socket.destroy();
      resolve(answer);
    };
    const cancel = clock.after(timeoutMs, () => {
      finish({ kind: "failed", step: "timeout", code: "ETIMEDOUT", message: `no answer within ${timeoutMs / 1000} s` });
    });
    const call = httpRequest({
      createConnection: () => socket,
      method: request.method,
      path: `${url.pathname}${url.search}`,
      headers: headerList(request, credential, url.host, body),
    });
    call.on("error", (error) => {
      finish({ kind: "failed", step: "http", code: errorCode(error) ?? "", message: printable(error.message) });
    });
    call.on("response", (response) => {
      const arrivalsMs: number[] = [];
      response.on("data", () => arrivalsMs.push(Math.round((performance.now() - startedAt) * 10) / 10));
      void gather(response).then((body) => {
        finish({
          kind: "answer",
          status: response.statusCode ?? 0,
          headers: response.rawHeaders,
          ...body,
          tookMs: Math.round(performance.now() - startedAt),
          arrivalsMs,
          sent,
        });
      });
    });
    call.end(body);
  });
}

/** As Node takes a raw list: content-length and host have to be in it. */
function headerList(
  { headers, body }: ProbeRequest,
  credential: ResolvedRequest["credential"],
  host: string,
  bytes: Buffer | undefined,
): string[] {
  return [
    ...["Host", host, "Connection", "close", "accept", "application/json", "accept-encoding", "identity"],
    // A daemon's log tells a free request by this as what it is.
    ...(headers?.some((name) => name.toLowerCase() === "user-agent") ? [] : ["user-agent", "zenthrex-verify (doctor)"]),
    ...(credential ?? []),
    ...(headers ?? []),
    ...(body === undefined ? [] : ["content-length", String(bytes?.length ?? 0)]),
  ];
}

type Body = Pick<Extract<ProbeAnswer, { kind: "answer" }>, "body" | "flaw">;

/** The beginning of a body, unpacked; a body that breaks off gives what there was, and says so. */
function gather(response: IncomingMessage): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const done = (): void => {
      const whole = response.complete || size >= MAX_BODY_BYTES;
      const bytes = Buffer.concat(chunks);
      const plain = unpacked(bytes, response.headers["content-encoding"]);
      const flaw = plain === undefined ? { flaw: "garbled" } : whole ? {} : { flaw: "cut" };
      resolve({ body: (plain ?? bytes).subarray(0, MAX_BODY_BYTES).toString("utf8"), ...(flaw as Pick<Body, "flaw">) });
    };
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= MAX_BODY_BYTES) done();
    });
    response.on("end", done);
    response.on("close", done);
    response.on("error", done);
  });
}

/** Some servers pack whatever they are asked for. Shape: as much as could be unpacked; undefined where it isn't what it says. */
function unpacked(bytes: Buffer, encoding: string | undefined): Buffer | undefined {
  const unpack = { gzip: gunzipSync, "x-gzip": gunzipSync, deflate: inflateSync, br: brotliDecompressSync }[
    (encoding ?? "").toLowerCase().trim()
  ];
  if (unpack === undefined || bytes.length === 0) return bytes;
  const isBrotli = unpack === brotliDecompressSync;
  try {
    return unpack(bytes, {
      maxOutputLength: MOST_UNPACKED_BYTES,
      finishFlush: isBrotli ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH,
    });
  } catch {
    return undefined;
  }
}

function failedAt(way: OpenedWay["way"]): ProbeAnswer {
  if (way.invalid !== undefined) return { kind: "failed", step: "url", code: "", message: way.invalid };
  const steps = [
    ["dns", way.dns],
    ["proxy", way.proxy],
    ["connect", way.tcp],
    ["tls", way.tls],
  ] as const;
  for (const [step, walked] of steps) {
    if (walked.state === "failed") return { kind: "failed", step, code: walked.code, message: walked.message };
  }
  return { kind: "failed", step: "http", code: "", message: "the connection could not be opened" };
}
