import type { Clock } from "../../base/clock.ts";
import type { UpstreamClient } from "../../upstream/types.ts";
import { fetchWhoami } from "../../upstream/whoami.ts";
import { type Glance, isGlanceWanted, readGlance, writeGlance } from "../history/wallet-glance.ts";

/** What a glance is made from. */
export interface KeepGlanceOptions {
  readonly folder: string;
  readonly writer: string;
  readonly clock: Clock;
  readonly upstream: UpstreamClient;
  readonly apiKey: () => string | undefined;
  readonly todayUsd: () => Promise<number>;
}

/** A busy daemon writes it no more often. */
const LOOK_EVERY_MS = 2_000;
const ASK_EVERY_MS = 60_000;

/**
 * Keeps at hand what a status line shows, while one looks: today's spending, and the balance, asked for at most once a minute and only
 * after requests. Shape: to be called when a request has ended; it never throws, and what fails is tried again after the next one.
 */
export function keepGlance(options: KeepGlanceOptions): () => void {
  const { folder, clock } = options;
  let isDue = false;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let keyOfBalance = options.apiKey();

  const look = async (): Promise<void> => {
    const nowMs = clock.now();
    if (!isGlanceWanted(folder, nowMs)) return;
    const key = options.apiKey();
    // Another key is another wallet, as far as anybody here knows.
    const isAnother = key !== keyOfBalance;
    if (isAnother) askedAtMs = Number.NEGATIVE_INFINITY;
    let balance = isAnother ? {} : balanceOf(readGlance(folder));
    keyOfBalance = key;
    if (Math.abs(nowMs - Math.max(askedAtMs, balance.balanceAtMs ?? Number.NEGATIVE_INFINITY)) >= ASK_EVERY_MS) {
      askedAtMs = nowMs;
      balance = (await askBalance(options, key)) ?? balance;
    }
    const todayUsd = await options.todayUsd();
    writeGlance(folder, { atMs: clock.now(), todayUsd, ...balance }, options.writer);
  };

  return () => {
    if (isDue) return;
    isDue = true;
    clock.after(LOOK_EVERY_MS, () => {
      isDue = false;
      look().catch(() => undefined);
    });
  };
}

type Balance = Pick<Glance, "balanceUsd" | "balanceAtMs">;

function balanceOf(glance: Glance | undefined): Balance {
  if (glance?.balanceUsd === undefined || glance.balanceAtMs === undefined) return {};
  return { balanceUsd: glance.balanceUsd, balanceAtMs: glance.balanceAtMs };
}

async function askBalance(
  { upstream, clock }: KeepGlanceOptions,
  key: string | undefined,
): Promise<Balance | undefined> {
  if (key === undefined) return undefined;
  try {
    const wallet = await fetchWhoami(upstream, key, { clock });
    return { balanceUsd: wallet.balance_usd, balanceAtMs: clock.now() };
  } catch {
    return undefined;
  }
}
