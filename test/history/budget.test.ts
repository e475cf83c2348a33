import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Budget, createBudgetKeeper } from "../../src/history/budget.ts";
import { endLine } from "../../src/history/rows.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { temporaryHome } from "../support/temporary-home.ts";
import { record } from "./support.ts";

/** Noon of 22 November 2026, wherever this runs. */
const localNoon = new Date(2026, 10, 22, 12).getTime();

function keeping(...initial: Budget[]) {
  const folder = join(temporaryHome(), "h");
  mkdirSync(folder);
  const clock = createFakeClock(localNoon);
  const told: string[] = [];
  const set = { budgets: initial };
  const make = () =>
    createBudgetKeeper({ folder, writer: "own", clock, budgets: () => set.budgets, tell: (text) => told.push(text) });
  const spend = (usd: number, atMs = clock.now()) => record("r", { startedAtMs: atMs, durationMs: 0, costUsd: usd });
  const file = () => join(folder, `${new Date(clock.now()).toISOString().slice(0, 7)}.jsonl`);
  const others = (usd: number, atMs = clock.now()) => appendFileSync(file(), endLine(spend(usd, atMs), "other"));
  return { folder, clock, told, set, make, keeper: make(), spend, others, file };
}

const day = (usd: number, isHard = true): Budget => ({ per: "day", usd, isHard });

describe("budgets", () => {
  it("cost nothing where there are none", () => {
    const { keeper } = keeping();
    expect(keeper.check()).toBeUndefined();
  });

  it("refuse once they are spent, and say in how many seconds they start again", async () => {
    const { keeper, spend } = keeping(day(5));
    expect(await keeper.check()).toBeUndefined();
    keeper.ended(spend(4.99));
    expect(keeper.check()).toBeUndefined();
    keeper.ended(spend(0.01));
    expect(keeper.check()).toEqual({
      message: "your budget of $5.00 a day on this machine is spent ($5.00 at list prices); it starts again in 12 h",
      retryAfterS: 12 * 3600,
    });
  });

  it("start again with the next day", async () => {
    const { keeper, spend, clock } = keeping(day(5));
    await keeper.check();
    keeper.ended(spend(6));
    clock.advance(12 * 3_600_000 - 1);
    expect(keeper.check()).toMatchObject({ retryAfterS: 1 });
    clock.advance(1);
    expect(keeper.check()).toBeUndefined();
  });

  it("only warn where they are soft, once for each threshold", async () => {
    const { keeper, spend, told } = keeping(day(10, false));
    await keeper.check();
    for (let index = 0; index < 24; index++) keeper.ended(spend(0.5));
    expect(keeper.check()).toBeUndefined();
    expect(told).toEqual([
      "the budget of $10.00 a day is 50 % spent ($5.00 at list prices); it only warns",
      "the budget of $10.00 a day is 80 % spent ($8.00 at list prices); it only warns",
      "the budget of $10.00 a day is spent ($10.00 at list prices); it only warns",
    ]);
  });

  it("survive a restart, and don't say again what was said before it", async () => {
    const { make, others, told } = keeping(day(5));
    others(3);
    others(2);
    expect(await make().check()).toMatchObject({ retryAfterS: 43_200 });
    expect(told).toEqual([]);
  });

  it("count what other daemons write while this one runs", async () => {
    const { keeper, others, spend } = keeping(day(5));
    others(2);
    await keeper.check();
    keeper.ended(spend(2));
    expect(keeper.check()).toBeUndefined();
    others(1);
    expect(keeper.check()).toBeDefined();
  });

  it("don't count a row of another daemon before it is whole, nor twice", async () => {
    const { keeper, spend, file } = keeping(day(5));
    await keeper.check();
    const line = endLine(spend(2), "other");
    appendFileSync(file(), line.slice(0, 50));
    expect(keeper.check()).toBeUndefined();
    appendFileSync(file(), line.slice(50));
    for (let index = 0; index < 5; index++) expect(keeper.check()).toBeUndefined();
    expect(await keeper.spentUsd("day")).toBe(2);
  });

  it("count own rows once, although they are in the journal too", async () => {
    const { keeper, spend, file } = keeping(day(5));
    await keeper.check();
    keeper.ended(spend(3));
    appendFileSync(file(), endLine(spend(3), "own"));
    expect(keeper.check()).toBeUndefined();
    expect(await keeper.spentUsd("month")).toBe(3);
  });

  it("leave out what another wallet paid", async () => {
    const { keeper, spend } = keeping(day(5));
    await keeper.check();
    keeper.ended({ ...spend(9), ownKey: true });
    expect(keeper.check()).toBeUndefined();
  });

  it("of a month count its days, and of a day only its own", async () => {
    const { keeper, others, clock, set } = keeping(day(5), { per: "month", usd: 7, isHard: true });
    others(4, localNoon - 86_400_000);
    others(2);
    expect(await keeper.check()).toBeUndefined();
    expect([await keeper.spentUsd("day"), await keeper.spentUsd("month")]).toEqual([2, 6]);
    others(1);
    const toDecember = (new Date(2026, 11, 1).getTime() - clock.now()) / 1000;
    expect(await keeper.check()).toMatchObject({ retryAfterS: toDecember });
    set.budgets = [];
    expect(keeper.check()).toBeUndefined();
    set.budgets = [day(3)];
    expect(keeper.check()).toBeDefined();
  });

  it("read the journal again where it was deleted", async () => {
    const { keeper, others, file } = keeping(day(5));
    others(6);
    expect(await keeper.check()).toBeDefined();
    rmSync(file());
    expect(await keeper.check()).toBeUndefined();
    others(7);
    expect(await keeper.check()).toBeDefined();
  });
});
