import { connect as connectTcp, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import type { Clock } from "../base/clock.ts";
import type { ZenthrexError } from "../base/errors.ts";
import { readCertificate, type SeenCertificate } from "./certificate-reason.ts";
import { type ConnectPhase, connectError, connectTimeout } from "./connect-error.ts";
import type { UpstreamOrigin } from "./origin.ts";
import type { OutboundProxy } from "./proxy-env.ts";
import { openTunnel, type TunnelOptions } from "./tunnel.ts";

/** What a connector needs to know. */
export interface ConnectorOptions {
  readonly target: UpstreamOrigin;
  readonly proxy?: OutboundProxy | undefined;
  /** PEM texts of further authorities. */
  readonly ca?: readonly string[] | undefined;
  readonly lookup?: LookupFunction | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Called exactly once, never before `open` has returned; not at all after it was given up. */
export type ConnectDone = (error: ZenthrexError | null, socket?: Socket) => void;

/** Opens connections to one origin. */
export interface Connector {
  /** The returned function gives up. */
  open(done: ConnectDone): () => void;
}

/** One attempt: whichever of success, error and deadline comes first counts, and the others do nothing. */
interface Attempt {
  phase: ConnectPhase;
  over: boolean;
  /** Ends what is under way at the moment. */
  destroy: () => void;
  seen: SeenCertificate;
  finish(error: ZenthrexError | null, socket?: Socket): void;
  giveUp(): void;
}

/** A timer this late was kept from running. */
const lateMs = 1_000;
const TCP_KEEP_ALIVE_MS = 60_000;
// One TLS record is at most 16 KiB: a larger read never comes.
const TLS_HIGH_WATER_MARK = 16_384;
const TCP_HIGH_WATER_MARK = 65_536;

/** Sockets stay with an error listener for good: an error between two owners must not end the process. */
function ignoreError(): void {
  // Whoever owns the socket at that moment listens for itself.
}

function startAttempt(options: ConnectorOptions, done: ConnectDone): Attempt {
  const { clock, target, proxy, timeoutMs } = options;
  const attempt: Attempt = {
    phase: "connect",
    over: false,
    destroy: () => undefined,
    seen: {},
    finish(error, socket) {
      if (attempt.over) {
        socket?.destroy();
        return;
      }
      attempt.over = true;
      cancelDeadline();
      if (error) attempt.destroy();
      done(error, socket);
    },
    giveUp() {
      if (attempt.over) return;
      attempt.over = true;
      cancelDeadline();
      attempt.destroy();
    },
  };
  const dueAtMs = clock.now() + timeoutMs;
  const timeOut = (): void => attempt.finish(connectTimeout(attempt.phase, target, proxy?.authority, timeoutMs));
  let cancelDeadline = clock.after(timeoutMs, () => {
    // A deadline this late tells of a blocked process: what the upstream sent meanwhile waits unread in the socket.
    if (clock.now() - dueAtMs > lateMs) cancelDeadline = clock.after(timeoutMs, timeOut);
    else timeOut();
  });
  return attempt;
}

function watchSocket(attempt: Attempt, socket: Socket, phase: "connect" | "tls", target: UpstreamOrigin): void {
  attempt.phase = phase;
  attempt.destroy = () => void socket.destroy();
  const fail = (error?: Error): void => {
    // The transport's end is the TLS socket's to explain: it alone knows of a refused certificate.
    if (attempt.over || attempt.phase !== phase) return;
    const reason = error ?? Object.assign(new Error("closed"), { code: "ECONNRESET" });
    attempt.finish(connectError(reason, phase, target, attempt.seen));
  };
  socket
    .on("error", ignoreError)
    .once("error", fail)
    .once("close", () => fail());
}

function openTcp(options: ConnectorOptions, attempt: Attempt, next: (socket: Socket) => void): void {
  const { target, lookup } = options;
  const tcpOptions = {
    host: target.hostname,
    port: target.port,
    autoSelectFamily: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
    highWaterMark: TCP_HIGH_WATER_MARK,
    ...(lookup && { lookup }),
  };
  const socket = connectTcp(tcpOptions);
  watchSocket(attempt, socket, "connect", target);
  socket.once("connect", () => next(socket));
}

function openThroughProxy(
  tunnel: TunnelOptions,
  options: ConnectorOptions,
  attempt: Attempt,
  next: (socket: Socket) => void,
): void {
  attempt.phase = "tunnel";
  attempt.destroy = openTunnel(tunnel, (error, socket) => {
    if (error || !socket) return attempt.finish(error);
    socket.setNoDelay(true).setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    watchSocket(attempt, socket, "connect", options.target);
    next(socket);
  });
}

/** Opens TLS over a socket, and keeps the last session: resuming it saves the certificates and their check. */
function tlsOpener(target: UpstreamOrigin, trusted: () => SecureContext) {
  let session: Buffer | undefined;
  const servername = isIP(target.hostname) ? "" : target.hostname;

  return (attempt: Attempt, transport: Socket): void => {
    const tlsOptions = {
      socket: transport,
      host: target.hostname,
      servername,
      secureContext: trusted(),
      ALPNProtocols: ["http/1.1"],
      // Said aloud, because NODE_TLS_REJECT_UNAUTHORIZED=0 would change the default: the key never meets an unproven host.
      rejectUnauthorized: true,
      highWaterMark: TLS_HIGH_WATER_MARK,
      ...(session && { session }),
    };
    const socket = connectTls(tlsOptions);
    watchSocket(attempt, socket, "tls", target);
    // The handshake's own end comes before the verdict on the certificate; afterwards there is none left to read.
    socket.prependOnceListener("secure", () => {
      attempt.seen = readCertificate(socket);
    });
    socket.on("session", (ticket: Buffer) => {
      session = ticket;
    });
    socket.once("secureConnect", () => attempt.finish(null, socket));
  };
}

/**
 * Makes the one connector of a client: TCP or a proxy's tunnel, then TLS, under one deadline.
 * Errors are of the connect class of the error table: nothing of a request was sent.
 */
export function createConnector(options: ConnectorOptions): Connector {
  const { target, proxy, lookup, ca } = options;
  let context: SecureContext | undefined;
  const trusted = (): SecureContext => {
    context ??= createSecureContext(ca && ca.length > 0 ? { ca: [...rootCertificates, ...ca] } : {});
    return context;
  };
  const openTls = tlsOpener(target, trusted);
  return {
    open(done) {
      const attempt = startAttempt(options, done);
      const next = (socket: Socket): void => {
        if (attempt.over) socket.destroy();
        else if (target.secure) openTls(attempt, socket);
        else attempt.finish(null, socket);
      };
      if (proxy) openThroughProxy({ proxy, authority: target.authority, lookup, trusted }, options, attempt, next);
      else openTcp(options, attempt, next);
      return attempt.giveUp;
    },
  };
}
