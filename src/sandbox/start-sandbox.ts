import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { systemClock } from "../base/clock.ts";
import { ZenthrexError } from "../base/errors.ts";
import { localHost } from "../catalog/endpoints.ts";
import { isDeclaredTooLarge } from "./http/read-body.ts";
import { shownRequest } from "./http/request-log.ts";
import type { RunningSandbox, SandboxOptions } from "./options.ts";
import { loadReplies } from "./reply/replies-file.ts";
import { createState, resetState, type SandboxState } from "./sandbox-state.ts";
import { serveRequest } from "./serve-request.ts";

const keepAliveTimeoutMs = 75_000;
const defaultKeptRequests = 200;

/** A request that isn't HTTP gets a plain 400, but never into an answer that has begun on the same connection. */
function refuseMalformed(_error: Error, socket: Socket): void {
  if (!socket.writable || socket.bytesWritten > 0) socket.destroy();
  else socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
}

function createSandboxServer(state: SandboxState): Server {
  const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs, maxHeaderSize: 64 * 1024 });
  // The default silently drops headers beyond about a thousand; their size is limited anyhow.
  server.maxHeadersCount = 0;
  server.on("request", (request, response) => {
    void serveRequest(state, request, response);
  });
  server.on("checkContinue", (request: IncomingMessage, response) => {
    if (!isDeclaredTooLarge(request)) response.writeContinue();
    void serveRequest(state, request, response);
  });
  server.on("clientError", refuseMalformed);
  return server;
}

async function listen(server: Server, port: number): Promise<number> {
  return await new Promise<number>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const code = error.code === "EADDRINUSE" ? "ZX_PORT_TAKEN" : "ZX_NETWORK";
      reject(
        new ZenthrexError(code, `the sandbox can't listen on ${localHost}:${port} (${error.code})`, { cause: error }),
      );
    });
    server.listen(port, localHost, () => resolve((server.address() as AddressInfo).port));
  });
}

/**
 * Starts the hosted API on this machine: everything that its documentation says, deterministic, with no model behind it.
 * Throws: ZX_PORT_TAKEN; ZX_FILE_ACCESS and ZX_FILE_INVALID for the replies file.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<RunningSandbox> {
  const state = createState({
    clock: options.clock ?? systemClock,
    countTokens: options.countTokens === true,
    replies: options.repliesFile === undefined ? [] : await loadReplies(options.repliesFile),
    keptRequests: options.keptRequests ?? defaultKeptRequests,
  });
  const server = createSandboxServer(state);
  const port = await listen(server, options.port ?? 0);
  return {
    port,
    url: `http://${localHost}:${port}`,
    requests: () => state.memory.log.entries.map(shownRequest),
    reset: () => resetState(state),
    stop: async () => {
      // A connection that was accepted but not yet announced would keep the server open.
      server.on("connection", (socket: Socket) => socket.destroy());
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
