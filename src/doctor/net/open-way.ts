import { isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { printable } from "../../base/redact.ts";
import { readCertificate } from "../../upstream/certificate-reason.ts";
import { trustedBy } from "./trusted-by.ts";
import { untrustedTime } from "./untrusted-time.ts";
import type { SeenTls, Way } from "./way.ts";
import {
  openTcp,
  openTunnelSocket,
  type Place,
  type ProxyChoice,
  resolveName,
  timed,
  type WayOptions,
} from "./way-steps.ts";

/** A way that was walked, and the connection at its end; `socket` is the caller's to end. */
export interface OpenedWay {
  readonly way: Way;
  readonly socket: Socket | undefined;
}

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
