import type { IncomingHttpHeaders } from "node:http";
import { hostedLimits } from "../../catalog/limits.ts";

/** Limits of one key. Units: per minute. */
export interface KeyLimits {
  readonly requestsPerMinute: number;
  readonly requestsPerMinuteOpus: number;
  readonly inputTokensPerMinute: number;
}

/** What a key is worth. */
export interface KeyGrant {
  readonly revoked: boolean;
  /** Units: USD in the wallet when the key is first seen. */
  readonly openingBalanceUsd: number;
  readonly limits: KeyLimits;
}

/** The wallet that a key opens. Units: USD. */
export const openingBalanceUsd = 5;

const ordinary: KeyGrant = { revoked: false, openingBalanceUsd, limits: hostedLimits };

/** Keys with a meaning; each may be followed by `_` or `-` and anything, for a wallet of its own. */
const specialKeys: Readonly<Record<string, KeyGrant>> = {
  empty: { ...ordinary, openingBalanceUsd: 0 },
  low: { ...ordinary, openingBalanceUsd: 0.01 },
  revoked: { ...ordinary, revoked: true },
  tiny: { ...ordinary, limits: { requestsPerMinute: 4, requestsPerMinuteOpus: 2, inputTokensPerMinute: 10_000 } },
};

const keyPattern = /^zk_sandbox_([A-Za-z0-9]+)([A-Za-z0-9_-]*)$/;

/** What a key of the sandbox grants; undefined for anything else. */
export function grantOf(key: string): KeyGrant | undefined {
  const [, word = "", rest = ""] = keyPattern.exec(key) ?? [];
  if (word === "") return undefined;
  const special = Object.hasOwn(specialKeys, word) && /^([_-]|$)/.test(rest);
  return special ? specialKeys[word] : ordinary;
}

/** The key of a request: `x-api-key`, else `Authorization: Bearer`, on every route. */
export function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const own = headers["x-api-key"];
  if (typeof own === "string" && own !== "") return own;
  return /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? "")?.[1];
}
