import { redact } from "../../base/redact.ts";
import type { Registry } from "../../base/registry.ts";
import { describeAnswer } from "../classify-answer.ts";
import type { ProbeContext } from "../types.ts";
import { openGateway } from "./open-gateway.ts";
import type { Asked, Gateway, Point, PointResult } from "./types.ts";

/** A point as it was judged; `number` is its place in the contract. */
export interface GradedPoint extends PointResult {
  readonly number: number;
  readonly code: string;
  readonly title: string;
}

/** What a gateway came to. `unreachable`: why nothing could be asked of it. Units: USD, at list prices. */
export interface Grade {
  readonly base: string;
  readonly unreachable: string | undefined;
  readonly points: readonly GradedPoint[];
  readonly costUsd: number | undefined;
}

/** Grades a gateway against the contract, all points at once. Throws: TypeError for a base that is no URL. */
export async function gradeGateway(
  given: string,
  registry: Registry<Point>,
  context: Omit<ProbeContext, "resultOf">,
): Promise<Grade> {
  const [points, { gateway, first }] = await Promise.all([
    Promise.all(Object.values(registry).map(async (load) => (await load()).default)),
    openGateway(given, context),
  ]);
  const { base } = gateway;
  const unreachable = first.kind === "failed" ? `${new URL(base).host}: ${describeAnswer(first)}` : undefined;
  const results = new Map<Point, PointResult>();
  const run = async (chosen: readonly Point[]): Promise<void> => {
    await Promise.all(chosen.map(async (point) => void results.set(point, await judged(point, gateway, unreachable))));
  };
  await run(points.filter(({ isLast }) => isLast !== true));
  await run(points.filter(({ isLast }) => isLast === true));
  const graded = points.map((point, index): GradedPoint => {
    const result = results.get(point) ?? { status: "untried", finding: "not tried" };
    return { number: index + 1, code: point.code, title: point.title, ...result };
  });
  const costs = graded.flatMap(({ costUsd }) => costUsd ?? []);
  const costUsd = costs.length === 0 ? undefined : costs.reduce((sum, cost) => sum + cost, 0);
  return { base, unreachable, points: graded, costUsd };
}

async function judged(point: Point, gateway: Gateway, unreachable: string | undefined): Promise<PointResult> {
  if (unreachable !== undefined) return { status: "untried", finding: "not tried: the gateway can't be reached" };
  const asked: Asked[] = [];
  const ask: Gateway["ask"] = async (path, options) => {
    const one = await gateway.ask(path, options);
    asked.push(one);
    return one;
  };
  try {
    return { proof: asked.map(({ request }) => request), ...(await point.run({ ...gateway, ask })) };
  } catch (error) {
    const what = error instanceof Error ? redact(error.message.split("\n")[0] ?? "") : "an unknown error";
    return { status: "untried", finding: `not tried: the check itself failed (${what})` };
  }
}
