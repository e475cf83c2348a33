import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { ZenthrexError } from "../base/errors.ts";
import { proxyLimits } from "../catalog/limits.ts";
import { createActiveExchanges } from "./active-exchanges.ts";
import { createCalibration } from "./calibration.ts";
import { onClientError } from "./client-error.ts";
import { closeProxy } from "./close-proxy.ts";
import { countConnection } from "./connection-room.ts";
import { createCountTokensSupport } from "./count-tokens-support.ts";
import { createLiveModels } from "./live-models.ts";
import { loadFormats } from "./loaded-formats.ts";
import { watchLoop } from "./loop-watch.ts";
import type { ProxyOptions, RunningProxy } from "./options.ts";
import { type ProxyState, sayOnce } from "./proxy-state.ts";
import { createResponseMemory } from "./response-memory.ts";
import { serve } from "./serve.ts";
import { createThinkingMemory } from "./thinking-memory.ts";

/** Bytes that a client's socket takes before the upstream is made to wait. */
const highWaterMark = 64 * 1024;

function createState(options: ProxyOptions): ProxyState {
  const now = (): number => options.clock.now();
  return {
    options,
    port: options.port,
    startedAtMs: now(),
    active: createActiveExchanges(),
    closing: false,
    connections: 0,
    waiting: new WeakMap(),
    distrusted: new WeakSet(),
    doing: undefined,
    bufferedBytes: 0,
    tokenDigest: { token: "", digest: Buffer.alloc(32) },
    provenTokens: new WeakMap(),
    daemonKeys: [],
    models: createLiveModels(options),
    calibration: createCalibration(now),
    countTokens: createCountTokensSupport(now),
    formats: loadFormats(options),
    thinking: createThinkingMemory(options.clock),
    responses: createResponseMemory(options),
    toolNames: new Map(),
    said: new Set(),
    saidRefusals: new Map(),
  };
}

function createHttpServer(state: ProxyState): Server {
  const limits = state.options.receiveLimits ?? { ...proxyLimits, checkEveryMs: 5_000 };
  const server = createServer({
    maxHeaderSize: proxyLimits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: proxyLimits.keepAliveTimeoutMs,
    connectionsCheckingInterval: limits.checkEveryMs,
    insecureHTTPParser: false,
    highWaterMark,
  });
  // Node's default drops headers behind the thousandth in silence: a second Host could hide there.
  server.maxHeadersCount = 0;
  const listener = (awaitsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) =>
    serve(state, request, response, awaitsContinue);
  server.on("request", listener(false));
  server.on("checkContinue", listener(true));
  server.on("connection", (socket) => countConnection(state, socket));
  server.on("clientError", (error, socket) => onClientError(state, error, socket));
  return server;
}

function listen(server: Server, port: number, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const taken = error.code === "EADDRINUSE";
      reject(
        new ZenthrexError(
          taken ? "ZX_PORT_TAKEN" : "ZX_NETWORK",
          taken
            ? `port ${port} of ${address} is taken`
            : `can't listen on ${address}:${port} (${error.code ?? "unknown"})`,
          { cause: error },
        ),
      );
    };
    server.once("error", onError);
    server.listen(port, address, () => {
      server.off("error", onError);
      const bound = server.address();
      resolve(bound !== null && typeof bound === "object" ? bound.port : port);
    });
  });
}

/** A connection that couldn't be accepted, for lack of file descriptors: the next one is tried all the same. */
function onAcceptError(state: ProxyState, error: NodeJS.ErrnoException): void {
  if (!sayOnce(state, `accept ${error.code}`)) return;
  state.options.log({ level: "error", message: `a connection could not be accepted (${error.code ?? "unknown"})` });
}

/**
 * Starts the proxy on each of its addresses; the first must succeed, the others take the port that it got.
 * Throws: ZX_PORT_TAKEN, ZX_NETWORK.
 */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const state = createState(options);
  const servers: Server[] = [];
  const addresses: string[] = [];
  for (const address of options.addresses) {
    const server = createHttpServer(state);
    try {
      state.port = await listen(server, state.port, address);
      server.on("error", (error) => onAcceptError(state, error));
      servers.push(server);
      addresses.push(address);
    } catch (error) {
      if (addresses.length === 0) throw error;
      const reason = error instanceof Error ? error.message : "unknown";
      options.log({ level: "warn", message: `not serving on ${address}: ${reason}`, fields: { address } });
    }
  }
  options.upstream.warm();
  const unwatch = watchLoop(state);
  return {
    port: state.port,
    addresses,
    close: (drainMs) => closeProxy(state, servers, drainMs).finally(unwatch),
  };
}
