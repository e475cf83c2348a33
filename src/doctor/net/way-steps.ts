import { lookup as systemLookup } from "node:dns";
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from "node:net";
import type { Clock } from "../../base/clock.ts";
import { errorCode } from "../../base/error-code.ts";
import { printable } from "../../base/redact.ts";
import type { OutboundProxy } from "../../upstream/proxy-env.ts";
import { openTunnel } from "../../upstream/tunnel.ts";
import { trustedBy } from "./trusted-by.ts";
import type { WayStep } from "./way.ts";

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

/** Where a way leads. */
export interface Place {
  readonly origin: string;
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
}

/** Runs one step under the deadline. `start` gets a callback that counts once. */
export async function timed<T>(
  what: string,
  { clock, timeoutMs }: WayOptions,
  start: (done: (error: unknown, value?: T) => void) => () => void,
): Promise<{ readonly step: WayStep<undefined>; readonly value: T | undefined }> {
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

/** Asks the name service. */
export async function resolveName(hostname: string, options: WayOptions): Promise<WayStep<readonly string[]>> {
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

/** Connects to the first address that answers. */
export async function openTcp(
  { hostname, port }: Place,
  addresses: readonly string[],
  options: WayOptions,
): Promise<{ readonly step: WayStep<undefined>; readonly socket: Socket | undefined }> {
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

/** Has a company proxy connect. */
export async function openTunnelSocket(place: Place, proxy: OutboundProxy, options: WayOptions) {
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
