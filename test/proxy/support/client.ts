import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect, type Socket } from "node:net";
import { localToken } from "./test-proxy.ts";

/** An answer as a client got it. */
export interface ClientAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly text: string;
  /** False where the connection ended before the answer did: a client that reads it raises. */
  readonly isWhole: boolean;
}

/** What to ask. */
export interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** Called with each piece of the body. */
  readonly onData?: (chunk: Buffer) => void;
}

/** The headers of a tool that is set up right. */
export const toolHeaders = { "content-type": "application/json", "x-api-key": localToken } as const;

/** A small request in Anthropic's format, as text. */
export const smallBody = '{"model":"claude-opus-4-7","max_tokens":16,"messages":[{"role":"user","content":"hi"}]}';
export const streamBody = smallBody.replace("}]}", '}],"stream":true}');

/** Asks on a connection of its own. Throws: where no head of an answer came. */
export function ask(port: number, question: Question = {}): Promise<ClientAnswer> {
  const { method = "POST", path = "/v1/messages", headers = toolHeaders, body, onData } = question;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: "127.0.0.1", port, method, path, headers: { ...headers } as Record<string, string>, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        const finish = (isWhole: boolean): void => {
          const bytes = Buffer.concat(chunks);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            body: bytes,
            text: bytes.toString(),
            isWhole,
          });
        };
        response.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          onData?.(chunk);
        });
        response.on("end", () => finish(response.complete));
        response.on("error", () => finish(false));
      },
    );
    request.on("error", reject);
    request.end(body ?? (method === "POST" ? smallBody : undefined));
  });
}

/** The JSON of an answer. */
export function jsonOf(answer: ClientAnswer): Record<string, unknown> & { error: Record<string, unknown> } {
  return JSON.parse(answer.text) as Record<string, unknown> & { error: Record<string, unknown> };
}

/** A connection that bytes are written to. */
export interface RawClient {
  readonly socket: Socket;
  received(): Buffer;
  /** Resolves when the peer has closed. */
  readonly closed: Promise<void>;
}

/** Opens a connection, and sends bytes. */
export function openRaw(port: number, bytes: string | Buffer = ""): RawClient {
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => undefined);
  socket.on("end", () => socket.end());
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  if (bytes.length > 0) socket.write(bytes);
  return { socket, received: () => Buffer.concat(chunks), closed };
}

/** Sends bytes and reads until the peer closes, or until a whole head and its announced body are there. */
export async function sendRaw(port: number, bytes: string | Buffer): Promise<{ status: number; text: string }> {
  const client = openRaw(port, bytes);
  const isWhole = (): boolean => {
    const text = client.received().toString("latin1");
    const end = text.indexOf("\r\n\r\n");
    const length = /content-length: (\d+)/i.exec(text)?.[1];
    return end >= 0 && length !== undefined && text.length >= end + 4 + Number(length);
  };
  await Promise.race([
    client.closed,
    (async () => {
      while (!isWhole() && !client.socket.destroyed) await new Promise((resolve) => setTimeout(resolve, 1));
    })(),
  ]);
  client.socket.destroy();
  const text = client.received().toString("latin1");
  return { status: Number(/^HTTP\/1\.[01] (\d+)/.exec(text)?.[1] ?? 0), text };
}
