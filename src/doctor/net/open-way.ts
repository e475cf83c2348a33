import { lookup as systemLookup } from "node:dns";
import { request as httpRequest } from "node:http";
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from "node:net";
import {
  connect as connectTls,
  createSecureContext,
  rootCertificates,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import type { Clock } from "../../base/clock.ts";
import { errorCode } from "../../base/error-code.ts";
import { printable } from "../../base/redact.ts";
import { readCertificate } from "../../upstream/certificate-reason.ts";
import type { OutboundProxy } from "../../upstream/proxy-env.ts";
import { openTunnel } from "../../upstream/tunnel.ts";
import type { SeenTls, Way, WayStep } from "./way.ts";

/** How this machine goes to an origin. */
export interface WayOptions {
  /** Resolves host names instead of the system. */
  readonly lookup?: LookupFunction | undefined;
  /** The company proxy of an origin, with the variable or setting that named it; `problem` where that can't be read. */
  readonly proxyOf: (origin: string) => ProxyChoice;
  /** PEM texts of further authorities. */
  readonly ca: readonly string[] | undefined;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** What the environment says of a proxy for an origin. */
export type ProxyChoice =
  | { readonly kind: "none" }
  | { readonly kind: "proxy"; readonly proxy: OutboundProxy; readonly variable: string }
  | { readonly kind: "unreadable"; readonly message: string; readonly variable: string };

/** A way that was walked, and the connection at its end; `socket` is the caller's to end. */
export interface OpenedWay {
  readonly way: Way;
  readonly socket: Socket | undefined;
}

interface Place {
  readonly origin: string;
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
}

type Step<T> = WayStep<T>;

const untried = { state: "untried" } as const;

/** Walks to an origin step by step, and says how far it came. Never fails. */
export async function openWay(origin: string, options: WayOptions): Promise<OpenedWay> {
  const place = placeOf(origin);
  if (typeof place === "string") return { way: nowhere(origin, place), socket: undefined };
  const choice = options.proxyOf(place.origin);
  return choice.kind === "none" ? openDirect(place, options) : openThroughProxy(place, choice, options);
}

function nowhere(origin: string, invalid: string): Way {
  return { origin, invalid, dns: untried, proxy: untried, tcp: untried, tls: untried };
}

function placeOf(origin: string): Place | string {
  if (!URL.canParse(origin)) return "it is no URL";
  const url = new URL(origin);
  if (url.protocol !== "http:" && url.protocol !== "https:") return "it begins with neither https:// nor http://";
  const secure = url.protocol === "https:";
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  return { origin: url.origin, secure, hostname: url.hostname.replace(/^\[|\]$/g, ""), port };
}

async function openDirect(place: Place, options: WayOptions): Promise<OpenedWay> {
  const base = { ...nowhere(place.origin, ""), invalid: undefined };
  const dns = await resolveName(place.hostname, options);
  if (dns.state !== "ok") return { way: { ...base, dns }, socket: undefined };
  const opened = await openTcp(place, dns.value, options);
  const { step: tcp, socket } = opened;
  if (socket === undefined) return { way: { ...base, dns, tcp }, socket };
  return secured(place, { ...base, dns, tcp }, socket, options);
}

async function openThroughProxy(
  place: Place,
  choice: Exclude<ProxyChoice, { kind: "none" }>,
  options: WayOptions,
): Promise<OpenedWay> {
  const base = { ...nowhere(place.origin, ""), invalid: undefined };
  const { variable } = choice;
  if (choice.kind === "unreadable") {
    const failed = { state: "failed", tookMs: 0, code: "", message: choice.message } as const;
    return { way: { ...base, proxy: { ...failed, variable } }, socket: undefined };
  }
  const { authority } = choice.proxy;
  const { step, socket, status } = await openTunnelSocket(place, choice.proxy, options);
  const proxy = { ...step, authority, variable, ...(status === undefined ? {} : { status }) };
  if (socket === undefined) return { way: { ...base, proxy }, socket };
  return secured(place, { ...base, proxy }, socket, options);
}

/** Runs one step under the deadline. `start` gets a callback that counts once. */
async function timed<T>(
  what: string,
  { clock, timeoutMs }: WayOptions,
  start: (done: (error: unknown, value?: T) => void) => () => void,
): Promise<{ readonly step: Step<undefined>; readonly value: T | undefined }> {
  const startedAt = performance.now();
  const tookMs = (): number => Math.round((performance.now() - startedAt) * 10) / 10;
  return new Promise((resolve) => {
    let over = false;
    let giveUp = (): void => undefined;
    const done = (error: unknown, value?: T): void => {
      if (over) return;
      over = true;
      cancel();
      if (error === undefined || error === null) {
        resolve({ step: { state: "ok", tookMs: tookMs(), value: undefined }, value });
        return;
      }
      const message = error instanceof Error ? printable(error.message) : String(error);
      resolve({ step: { state: "failed", tookMs: tookMs(), code: errorCode(error) ?? "", message }, value: undefined });
    };
    const cancel = clock.after(timeoutMs, () => {
      done(Object.assign(new Error(`${what} took longer than ${timeoutMs / 1000} s`), { code: "ETIMEDOUT" }));
      giveUp();
    });
    giveUp = start(done);
  });
}

async function resolveName(hostname: string, options: WayOptions): Promise<Step<readonly string[]>> {
  if (isIP(hostname) !== 0) return { state: "ok", tookMs: 0, value: [hostname] };
  const { step, value } = await timed<readonly string[]>(`resolving ${hostname}`, options, (done) => {
    const lookup = (options.lookup ?? systemLookup) as LookupFunction;
    lookup(hostname, { all: true }, (error, addresses) => {
      const list = Array.isArray(addresses) ? addresses.map(({ address }) => address) : [addresses];
      done(error, list);
    });
    return () => undefined;
  });
  return step.state === "ok" ? { ...step, value: value ?? [] } : step;
}

async function openTcp(
  { hostname, port }: Place,
  addresses: readonly string[],
  options: WayOptions,
): Promise<{ readonly step: Step<undefined>; readonly socket: Socket | undefined }> {
  const lookup: LookupFunction = (_name, { all }, callback) => {
    const list = addresses.map((address) => ({ address, family: isIP(address) }));
    if (all) callback(null, list);
    else callback(null, list[0]?.address ?? "", list[0]?.family ?? 4);
  };
  const { step, value } = await timed<Socket>(`connecting to ${hostname}:${port}`, options, (done) => {
    const socket = connectTcp({ host: hostname, port, autoSelectFamily: true, noDelay: true, lookup });
    socket.on("error", (error) => done(firstOf(error)));
    socket.once("connect", () => done(undefined, socket));
    return () => void socket.destroy();
  });
  return { step, socket: value };
}

/** Several addresses that all fail give an error of errors. */
function firstOf(error: Error): Error {
  const inner: unknown = "errors" in error && Array.isArray(error.errors) ? error.errors[0] : undefined;
  return inner instanceof Error ? inner : error;
}

async function openTunnelSocket(place: Place, proxy: OutboundProxy, options: WayOptions) {
  const authority = place.hostname.includes(":")
    ? `[${place.hostname}]:${place.port}`
    : `${place.hostname}:${place.port}`;
  const { step, value } = await timed<Socket>(`the tunnel of ${proxy.authority}`, options, (done) =>
    openTunnel({ proxy, authority, lookup: options.lookup, trusted: () => trustedBy(options.ca) }, (error, socket) => {
      socket?.on("error", () => undefined);
      done(error, socket);
    }),
  );
  const status = step.state === "failed" ? /\((407)\)|answered (\d{3})/.exec(step.message) : null;
  return { step, socket: value, status: status === null ? undefined : Number(status[1] ?? status[2]) };
}

function trustedBy(ca: readonly string[] | undefined): SecureContext {
  return createSecureContext(ca !== undefined && ca.length > 0 ? { ca: [...rootCertificates, ...ca] } : {});
}

async function secured(place: Place, way: Way, transport: Socket, options: WayOptions): Promise<OpenedWay> {
  if (!place.secure) return { way, socket: transport };
  let seen: SeenTls = {};
  const { step, value } = await timed<TLSSocket>(`the TLS handshake with ${place.hostname}`, options, (done) => {
    const socket = connectTls({
      socket: transport,
      host: place.hostname,
      servername: isIP(place.hostname) === 0 ? place.hostname : "",
      secureContext: trustedBy(options.ca),
      ALPNProtocols: ["http/1.1"],
      rejectUnauthorized: true,
    });
    socket.prependOnceListener("secure", () => {
      seen = seenOf(socket);
    });
    socket.on("error", (error) => done(error));
    socket.once("close", () => done(Object.assign(new Error("closed"), { code: "ECONNRESET" })));
    socket.once("secureConnect", () => done(undefined, socket));
    return () => void socket.destroy();
  });
  const tls = { ...step, seen };
  if (value !== undefined) return { way: { ...way, tls }, socket: value };
  transport.destroy();
  const isDate = step.state === "failed" && (step.code === "CERT_HAS_EXPIRED" || step.code === "CERT_NOT_YET_VALID");
  const hostTimeMs = isDate ? await untrustedTime(place, way, options) : undefined;
  return { way: { ...way, tls, ...(hostTimeMs === undefined ? {} : { hostTimeMs }) }, socket: undefined };
}

function seenOf(socket: TLSSocket): SeenTls {
  const certificate = socket.getPeerCertificate();
  const validFrom = certificate?.valid_from;
  const subject = certificate?.subject?.CN;
  const protocol = socket.getProtocol();
  return {
    ...readCertificate(socket),
    ...(validFrom ? { validFrom: printable(validFrom) } : {}),
    ...(typeof subject === "string" ? { subject: printable(subject) } : {}),
    ...(protocol ? { protocol } : {}),
  };
}

/**
 * Asks a host whose certificate is out of date what time it is: GET /v1/models needs no credential, and nothing but the Date header of
 * the answer is looked at. It tells a wrong clock here from an old certificate there.
 */
async function untrustedTime(place: Place, way: Way, options: WayOptions): Promise<number | undefined> {
  const transport = way.proxy.state === "ok" ? undefined : (await openTcp(place, addressesOf(way), options)).socket;
  const choice = options.proxyOf(place.origin);
  const socket =
    transport ?? (choice.kind === "proxy" ? (await openTunnelSocket(place, choice.proxy, options)).socket : undefined);
  if (socket === undefined) return undefined;
  const { value } = await timed<number>("the question for the time", options, (done) => {
    const servername = isIP(place.hostname) === 0 ? place.hostname : "";
    const tls = connectTls({ socket, host: place.hostname, servername, rejectUnauthorized: false });
    tls.on("error", (error) => done(error));
    tls.once("secureConnect", () => {
      const call = httpRequest({
        createConnection: () => tls,
        host: place.hostname,
        path: "/v1/models",
        method: "HEAD",
      });
      call.on("error", (error) => done(error));
      call.once("response", (response) => {
        const time = Date.parse(response.headers.date ?? "");
        done(Number.isNaN(time) ? new Error("no date") : undefined, time);
        tls.destroy();
      });
      call.end();
    });
    return () => void tls.destroy();
  });
  socket.destroy();
  return value;
}

function addressesOf({ dns }: Way): readonly string[] {
  return dns.state === "ok" ? dns.value : [];
}
