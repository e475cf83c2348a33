import type { SeenCertificate } from "../../upstream/certificate-reason.ts";

/** One step on the way to an origin: walked, failed, or never come to. Units: milliseconds. */
export type WayStep<T> =
  | { readonly state: "ok"; readonly tookMs: number; readonly value: T }
  | { readonly state: "failed"; readonly tookMs: number; readonly code: string; readonly message: string }
  | { readonly state: "untried" };

/** What a certificate says, and why it is not trusted, where it is not. */
export interface SeenTls extends SeenCertificate {
  readonly validFrom?: string;
  readonly subject?: string;
  readonly protocol?: string;
}

/** The steps to an origin, as this machine walks them. */
export interface Way {
  readonly origin: string;
  /** Why the origin is none, or undefined. */
  readonly invalid: string | undefined;
  /** Addresses of the host. Untried where a proxy resolves the name. */
  readonly dns: WayStep<readonly string[]>;
  /** The company proxy and its tunnel; untried where there is none. `authority` is host:port, `variable` says who asked for it. */
  readonly proxy: WayStep<undefined> & {
    readonly authority?: string;
    readonly variable?: string;
    readonly status?: number;
  };
  readonly tcp: WayStep<undefined>;
  /** Untried for http. */
  readonly tls: WayStep<undefined> & { readonly seen?: SeenTls };
  /** What the host says the time is, where TLS failed over a date: asked for without trust and without any credential. */
  readonly hostTimeMs?: number;
}
