import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";

/** One request as it arrived. Shape: `head` is everything up to and with the empty line; `body` grows until `complete`. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  /** Name, value, name, value: case, order and duplicates as on the wire. */
  readonly rawHeaders: readonly string[];
  readonly head: string;
  readonly body: Buffer;
  readonly complete: boolean;
}

/** One connection of a scripted server. */
export interface RawConnection {
  /** What bytes are written to: the TLS socket where the server speaks TLS. */
  readonly socket: Socket;
  /** Counts from 1, in the order of arrival. */
  readonly number: number;
  /** The next request with its whole body. Throws: ConnectionGone when the peer left first. */
  readRequest(): Promise<ReceivedRequest>;
  /** The next request as soon as its head is there; its body may still be on the way. Throws: ConnectionGone. */
  readHead(): Promise<ReceivedRequest>;
  /** Stops parsing and hands over what was read but not parsed: for tunnels. Happens by itself after a CONNECT. */
  takeOver(): Buffer;
  /** Resolves when the bytes are handed to the kernel. */
  write(data: string | Uint8Array): Promise<void>;
  /** Sends FIN; the other direction stays open. */
  end(): void;
  /** Sends RST. */
  reset(): void;
  /** Resolves when the peer's FIN was read. */
  readonly ended: Promise<void>;
  readonly closed: Promise<void>;
}

/** A scripted server. */
export interface RawUpstream {
  readonly port: number;
  /** http://127.0.0.1:port, or https: with `tls`. */
  readonly url: string;
  /** Every request whose head arrived whole, in order. */
  readonly requests: ReceivedRequest[];
  /** How many TCP connections were accepted. */
  connections(): number;
  /** How many of them are still open. */
  openConnections(): number;
  /** How many bytes of plain text arrived on all of them (TLS handshakes don't count). */
  bytesReceived(): number;
  /** Stops, cuts what is open, and throws the first error of a script that was not the peer's leaving. */
  close(): Promise<void>;
}

/** How a scripted server listens. */
export interface RawUpstreamOptions {
  /** PEM texts. The handshake itself needs no script. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly port?: number;
  readonly host?: string;
  /** Keeps our direction open after the peer's FIN, so that the script can still answer. */
  readonly allowHalfOpen?: boolean;
}

/** Thrown by readRequest and readHead when the peer left: a script that ends with it did nothing wrong. */
export class ConnectionGone extends Error {}

interface MutableRequest {
  method: string;
  path: string;
  rawHeaders: string[];
  head: string;
  body: Buffer;
  complete: boolean;
}

const EMPTY = Buffer.alloc(0);

function parseHead(head: string): MutableRequest {
  const [requestLine = "", ...lines] = head.trimEnd().split("\r\n");
  const [method = "", path = ""] = requestLine.split(" ");
  const rawHeaders = lines.flatMap((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { method, path, rawHeaders, head, body: EMPTY, complete: false };
}

function headerOf(request: MutableRequest, name: string): string | undefined {
  const index = request.rawHeaders.findIndex((value, at) => at % 2 === 0 && value.toLowerCase() === name);
  return index < 0 ? undefined : request.rawHeaders[index + 1];
}

/** Decodes as much of a chunked body as is there. Shape: the rest begins behind the last whole chunk. */
function takeChunks(request: MutableRequest, bytes: Buffer): Buffer {
  let rest = bytes;
  for (;;) {
    const lineEnd = rest.indexOf("\r\n");
    if (lineEnd < 0) return rest;
    const size = Number.parseInt(rest.toString("latin1", 0, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (rest.length < end) return rest;
    request.body = Buffer.concat([request.body, rest.subarray(lineEnd + 2, end - 2)]);
    rest = rest.subarray(end);
    if (size === 0) {
      request.complete = true;
      return rest;
    }
  }
}

function takeBody(request: MutableRequest, bytes: Buffer): Buffer {
  if (headerOf(request, "transfer-encoding")?.toLowerCase() === "chunked") return takeChunks(request, bytes);
  const missing = Number(headerOf(request, "content-length") ?? 0) - request.body.length;
  const taken = bytes.subarray(0, missing);
  if (taken.length > 0) request.body = Buffer.concat([request.body, taken]);
  request.complete = taken.length === missing;
  return bytes.subarray(taken.length);
}

interface Waiter {
  readonly wants: "head" | "whole";
  readonly resolve: (request: ReceivedRequest) => void;
  readonly reject: (error: Error) => void;
}

/** Reads requests from a socket whether or not the script asks for them, so that the counts are always right. */
function requestReader(
  socket: Socket,
  onRequest: (request: ReceivedRequest) => void,
  onBytes: (count: number) => void,
) {
  let buffered: Buffer = EMPTY;
  let current: MutableRequest | undefined;
  let tunnel = false;
  let gone = false;
  const unread: MutableRequest[] = [];
  const waiters: Waiter[] = [];

  const serve = (): void => {
    for (;;) {
      const request = unread[0];
      const waiter = waiters[0];
      if (!request || !waiter || (waiter.wants === "whole" && !request.complete)) return;
      unread.shift();
      waiters.shift();
      waiter.resolve(request);
    }
  };
  const step = (): boolean => {
    if (!current) {
      const headEnd = buffered.indexOf("\r\n\r\n");
      if (headEnd < 0) return false;
      current = parseHead(buffered.toString("latin1", 0, headEnd + 4));
      buffered = buffered.subarray(headEnd + 4);
      unread.push(current);
      onRequest(current);
      if (current.method === "CONNECT") {
        current.complete = true;
        tunnel = true;
        return false;
      }
    }
    buffered = takeBody(current, buffered);
    if (!current.complete) return false;
    current = undefined;
    return buffered.length > 0;
  };
  socket.on("data", (chunk: Buffer) => {
    onBytes(chunk.length);
    if (tunnel) return;
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
    while (step());
    serve();
  });
  const leave = (): void => {
    gone = true;
    for (const waiter of waiters.splice(0)) waiter.reject(new ConnectionGone("the peer left"));
  };
  socket.on("end", leave);
  socket.on("close", leave);

  return {
    next(wants: Waiter["wants"]): Promise<ReceivedRequest> {
      return new Promise((resolve, reject) => {
        waiters.push({ wants, resolve, reject });
        serve();
        if (gone) leave();
      });
    },
    takeOver(): Buffer {
      tunnel = true;
      const rest = buffered;
      buffered = EMPTY;
      return rest;
    },
  };
}

function openConnection(
  raw: Socket,
  socket: Socket,
  number: number,
  onRequest: (request: ReceivedRequest) => void,
  onBytes: (count: number) => void,
): RawConnection {
  const ended = new Promise<void>((resolve) => socket.once("end", () => resolve()));
  const closed = new Promise<void>((resolve) => raw.once("close", () => resolve()));
  const reader = requestReader(socket, onRequest, onBytes);
  return {
    socket,
    number,
    readRequest: () => reader.next("whole"),
    readHead: () => reader.next("head"),
    takeOver: () => reader.takeOver(),
    write: (data) =>
      new Promise((resolve) => {
        if (socket.writable) socket.write(data, () => resolve());
        else resolve();
      }),
    end: () => void socket.end(),
    reset: () => void raw.resetAndDestroy(),
    ended,
    closed,
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("no port"));
      else resolve(address.port);
    });
  });
}

/**
 * Starts a server on 127.0.0.1 that speaks bytes: the script is run once a connection and decides what is sent, when, and how it ends.
 * A script that returns leaves its connection open until the peer ends it.
 */
export async function startRawUpstream(
  script: (connection: RawConnection) => Promise<void> | void,
  options: RawUpstreamOptions = {},
): Promise<RawUpstream> {
  const requests: ReceivedRequest[] = [];
  const open = new Set<Socket>();
  const secureContext = options.tls && createSecureContext(options.tls);
  let accepted = 0;
  let bytes = 0;
  let scriptError: unknown;

  const server = createServer({ allowHalfOpen: options.allowHalfOpen ?? false, noDelay: true }, (raw) => {
    accepted++;
    open.add(raw);
    raw.on("close", () => open.delete(raw));
    raw.on("error", () => undefined);
    const socket = secureContext
      ? new TLSSocket(raw, { isServer: true, secureContext, ALPNProtocols: ["http/1.1"] })
      : raw;
    if (socket !== raw) socket.on("error", () => undefined);
    const connection = openConnection(
      raw,
      socket,
      accepted,
      (request) => requests.push(request),
      (count) => {
        bytes += count;
      },
    );
    void Promise.resolve()
      .then(() => script(connection))
      .catch((error: unknown) => {
        if (!(error instanceof ConnectionGone)) scriptError ??= error;
      });
  });
  const host = options.host ?? "127.0.0.1";
  const port = await listen(server, options.port ?? 0, host);
  return {
    port,
    url: `${secureContext ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`,
    requests,
    connections: () => accepted,
    openConnections: () => open.size,
    bytesReceived: () => bytes,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      if (scriptError !== undefined) throw scriptError;
    },
  };
}

/** A JSON answer with a length, as one byte string. */
export function jsonAnswer(body: unknown, status = 200, headers: readonly string[] = []): string {
  const text = JSON.stringify(body);
  const extra = headers.map((line) => `${line}\r\n`).join("");
  return `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n${extra}\r\n${text}`;
}
