import type { Exchange } from "./exchange.ts";

/** What a pass decides: on to the next one, or this request is answered (or will be, by whoever took it). */
export type Verdict = "next" | "taken";

/** One step of a request. Throws: ZenthrexError, which is answered in the caller's format. */
export type Pass = (exchange: Exchange) => Verdict | Promise<Verdict>;
