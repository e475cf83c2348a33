import type { Clock } from "../base/clock.ts";
import { formatUsd } from "../base/format-usd.ts";
import { type Period, periodAt } from "./periods.ts";
import { createSpending } from "./spending.ts";
import type { JournalRecord } from "./types.ts";

/** What may be spent in a local day or month, at list prices. Units: USD. A soft budget only warns. */
export interface Budget {
  readonly per: "day" | "month";
  readonly usd: number;
  readonly isHard: boolean;
}

/** Why a request may not be sent. Shape: `message` is for people; the budget starts again in `retryAfterS` seconds. */
export interface BudgetRefusal {
  readonly message: string;
  readonly retryAfterS: number;
}

/** How a budget stands. */
export interface BudgetStatus {
  readonly budget: Budget;
  readonly spentUsd: number;
  readonly period: Period;
}

/** Watches over budgets while a daemon runs. */
export interface BudgetKeeper {
  /** Asked before a request costs something; at once but for the first time, which reads this month's journal. */
  check(): BudgetRefusal | undefined | Promise<BudgetRefusal | undefined>;
  ended(record: JournalRecord): void;
  /** What this wallet's daemons spent in the present day or month. Units: USD. */
  spentUsd(per: Budget["per"]): Promise<number>;
}

/** What a keeper is made from. `budgets` is asked every time. */
export interface BudgetKeeperOptions {
  readonly folder: string;
  /** Of this daemon: its own rows are counted when they end, those of other daemons when they are in the journal. */
  readonly writer: string;
  readonly clock: Clock;
  readonly budgets: () => readonly Budget[];
  readonly tell: (message: string) => void;
}

/** Shares of a budget that are told of, once each. Units: percent. */
export const budgetThresholds = [50, 80, 100] as const;

/** How each budget stands, by what is known of spending. */
export function budgetStatus(
  budgets: readonly Budget[],
  spentUsd: (period: Period) => number,
  nowMs: number,
): readonly BudgetStatus[] {
  return budgets.map((budget) => {
    const period = periodAt(budget.per, nowMs);
    return { budget, period, spentUsd: spentUsd(period) };
  });
}

/** Watches the budgets of one wallet. */
export function createBudgetKeeper(options: BudgetKeeperOptions): BudgetKeeper {
  const { clock, budgets, tell } = options;
  const spending = createSpending(options);
  const told = new Set<string>();

  const statusNow = (): readonly BudgetStatus[] => budgetStatus(budgets(), spending.sumUsd, clock.now());
  /** The thresholds that are passed and were not told of. */
  const newlyPassed = (): [BudgetStatus, number][] =>
    statusNow().flatMap((status) => {
      const passed = budgetThresholds.filter((percent) => status.spentUsd * 100 >= status.budget.usd * percent);
      const fresh = passed.filter((percent) => !told.has(keyOf(status, percent)));
      for (const percent of fresh) told.add(keyOf(status, percent));
      const highest = fresh.at(-1);
      return highest === undefined ? [] : [[status, highest]];
    });
  const warn = (): void => {
    for (const [status, percent] of newlyPassed()) tell(warningText(status, percent));
  };
  const judge = (): BudgetRefusal | undefined => {
    const nowMs = clock.now();
    const spent = statusNow().filter(({ budget, spentUsd }) => budget.isHard && spentUsd >= budget.usd);
    const last = spent.sort((one, other) => other.period.toMs - one.period.toMs)[0];
    return last === undefined ? undefined : refusalOf(last, nowMs);
  };
  /** What was passed before this daemon began was told of then. */
  const begin = async (): Promise<BudgetRefusal | undefined> => {
    await spending.load();
    if (told.size === 0) newlyPassed();
    return judge();
  };

  return {
    check() {
      if (budgets().length === 0) return undefined;
      return spending.isLoaded && spending.refresh() ? judge() : begin();
    },
    async spentUsd(per) {
      if (!spending.isLoaded || !spending.refresh()) await spending.load();
      return spending.sumUsd(periodAt(per, clock.now()));
    },
    ended(record) {
      spending.add(record);
      if (spending.isLoaded && budgets().length > 0) warn();
    },
  };
}

/** What a period is called in a sentence. */
export function budgetName({ usd, per }: Budget): string {
  return `${formatUsd(usd)} a ${per}`;
}

function keyOf({ budget, period }: BudgetStatus, percent: number): string {
  return [budget.per, budget.usd, period.fromMs, percent].join(" ");
}

function warningText({ budget, spentUsd }: BudgetStatus, percent: number): string {
  const share = percent === 100 ? "is spent" : `is ${percent} % spent`;
  return `the budget of ${budgetName(budget)} ${share} (${formatUsd(spentUsd)} at list prices); ${effect(budget, percent)}`;
}

function effect({ isHard }: Budget, percent: number): string {
  if (!isHard) return "it only warns";
  return percent === 100 ? "requests are refused until it starts again" : "at 100 % requests are refused";
}

function waitText(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`;
}

function refusalOf({ budget, spentUsd, period }: BudgetStatus, nowMs: number): BudgetRefusal {
  const retryAfterS = Math.max(1, Math.ceil((period.toMs - nowMs) / 1000));
  const spent = `your budget of ${budgetName(budget)} on this machine is spent (${formatUsd(spentUsd)} at list prices)`;
  const message = `${spent}; it starts again in ${waitText(retryAfterS)}`;
  return { message, retryAfterS };
}
