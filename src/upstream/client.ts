import type { LookupFunction } from "node:net";
import { type buildConnector, type Dispatcher, Pool } from "undici";
import type { Clock } from "../base/clock.ts";
import { ZenthrexError } from "../base/errors.ts";
import { proxyLimits } from "../catalog/limits.ts";
import { type CallContext, startCall } from "./call.ts";
import { createConnector } from "./connector.ts";
import { parseUpstreamOrigin } from "./origin.ts";
import type { OutboundProxy } from "./proxy-env.ts";
import { skipInformational } from "./skip-informational.ts";
import { createSpareConnector } from "./spare.ts";
import type { UpstreamClient, UpstreamRequest } from "./types.ts";

/** How a client reaches its upstream. Units: milliseconds. */
export interface UpstreamClientOptions {
  /** https://host, or http:// on this machine; no path, no login. */
  readonly origin: string;
  readonly clock: Clock;
  /** What `chooseProxy` chose. */
  readonly proxy?: OutboundProxy | undefined;
  /**
   * PEM texts of authorities to trust beside those that Node.js brings.
   * NODE_EXTRA_CA_CERTS needs nothing here; where this is given, its content has to be given too.
   */
  readonly ca?: readonly string[] | undefined;
  readonly headersTimeoutMs?: number;
  readonly bodyTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  /** How long an idle connection is reused when the upstream doesn't announce more. */
  readonly keepAliveMs?: number;
  readonly retryDelaysMs?: readonly number[];
  /** Resolves host names instead of the system. */
  readonly lookup?: LookupFunction | undefined;
}

const KEEP_ALIVE_MS = 4_000;
/** What the upstream announces is shortened by this: its FIN may be on the way. */
const KEEP_ALIVE_MARGIN_MS = 2_000;
const KEEP_ALIVE_MAX_MS = 600_000;
const RETRY_DELAYS_MS = [200, 800] as const;
const WARM_FOR_MS = 300_000;
const MAX_HEADER_BYTES = 16_384;

const closedError = (): ZenthrexError => new ZenthrexError("ZX_SHUTTING_DOWN", "the daemon is shutting down");

/** A request as undici takes it. Throws: where it would choose another host than the client's. */
function dispatchOptions(request: UpstreamRequest): Dispatcher.DispatchOptions {
  const { headers } = request;
  // undici takes a whole URL too, and writes it into the request line.
  if (!request.path.startsWith("/")) throw new TypeError("a request's path begins with a slash");
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    // It would also change the TLS server name, and close the connection for it.
    if (name.length === 4 && name.toLowerCase() === "host") throw new TypeError("a request can't choose its host");
  }
  return {
    method: request.method,
    path: request.path,
    headers: headers as string[],
    body: request.body ?? null,
  };
}

/**
 * Makes the client of one upstream: HTTP/1.1 over a pool, one request a connection at a time, no redirect followed, nothing decoded.
 * Throws: ZX_USAGE for an origin that can't be one.
 */
export function createUpstreamClient(options: UpstreamClientOptions): UpstreamClient {
  const { clock } = options;
  const target = parseUpstreamOrigin(options.origin);
  const headersTimeoutMs = options.headersTimeoutMs ?? proxyLimits.upstreamTimeoutMs;
  const bodyTimeoutMs = options.bodyTimeoutMs ?? proxyLimits.upstreamTimeoutMs;
  const keepAliveMs = options.keepAliveMs ?? KEEP_ALIVE_MS;

  let closed: Promise<unknown> | undefined;
  let warming = false;
  /** When the last call began or ended. */
  let calledAt = clock.now();
  /** The same, or the last warm(). */
  let usedAt = calledAt;
  let idleLimitMs = keepAliveMs;
  let running = 0;
  let connected = 0;
  let needy = 0;
  const retired = new Set<Pool>();

  const connector = createSpareConnector({
    connector: createConnector({
      target,
      proxy: options.proxy,
      ca: options.ca,
      lookup: options.lookup,
      timeoutMs: options.connectTimeoutMs ?? proxyLimits.connectTimeoutMs,
      clock,
    }),
    clock,
    wanted: () => warming && closed === undefined && Math.abs(clock.now() - usedAt) < WARM_FOR_MS,
  });
  const connect = (callback: buildConnector.Callback): void => {
    // undici opens a connection for every call that was aborted, and then has no use for it.
    if (needy === 0) {
      callback(new Error("no call needs a connection"), null);
      return;
    }
    connector.connect((error, socket) => {
      if (error || !socket) {
        callback(error ?? closedError(), null);
        return;
      }
      connected++;
      socket.once("close", () => connected--);
      callback(null, skipInformational(socket));
    });
  };
  const newPool = (): Pool =>
    new Pool(target.origin, {
      pipelining: 1,
      allowH2: false,
      headersTimeout: headersTimeoutMs,
      bodyTimeout: bodyTimeoutMs,
      keepAliveTimeout: keepAliveMs,
      keepAliveTimeoutThreshold: KEEP_ALIVE_MARGIN_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      connect: (_options, callback) => queueMicrotask(() => connect(callback)),
    });
  let pool = newPool();

  /** A pool that closes ends its idle connections at once and each of the others when its call is over. */
  const retirePool = (): void => {
    const old = pool;
    pool = newPool();
    retired.add(old);
    const forget = (): void => void retired.delete(old);
    old.close().then(forget, forget);
  };
  /** Timers stand still while a machine sleeps: what the wall clock calls too old is not reused, though it is still open. */
  const isStale = (): boolean => connected > running && Math.abs(clock.now() - calledAt) > idleLimitMs;

  const touch = (): void => {
    calledAt = clock.now();
    usedAt = calledAt;
  };

  const context: CallContext = {
    authority: target.authority,
    headersTimeoutMs,
    bodyTimeoutMs,
    retryDelaysMs: options.retryDelaysMs ?? RETRY_DELAYS_MS,
    now: () => clock.now(),
    dispatch(request, handler) {
      try {
        if (closed) throw closedError();
        pool.dispatch(dispatchOptions(request), handler);
      } catch (error) {
        handler.onResponseError?.(undefined as never, error as Error);
      }
    },
    onDemand(change) {
      needy += change;
    },
    onKeepAlive(announcedMs) {
      idleLimitMs = announcedMs === undefined ? keepAliveMs : announcedMs - KEEP_ALIVE_MARGIN_MS;
    },
    onSettled() {
      running--;
      touch();
    },
  };

  return {
    origin: target.origin,
    send(request, handler) {
      if (isStale()) retirePool();
      running++;
      touch();
      return startCall(request, handler, context);
    },
    warm() {
      if (closed) return;
      if (isStale()) retirePool();
      warming = true;
      usedAt = clock.now();
      connector.ensure();
    },
    dropIdle() {
      if (closed) return;
      connector.drop();
      retirePool();
      connector.ensure();
    },
    async close() {
      if (!closed) {
        connector.close();
        closed = Promise.all([pool, ...retired].map((each) => each.destroy(closedError())));
      }
      await closed;
    },
  };
}
