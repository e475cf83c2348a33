import { findAnsweringModel } from "../catalog/models.ts";
import type { ProbeAnswer } from "./types.ts";

type Answered = Extract<ProbeAnswer, { kind: "answer" }>;

const MODEL = "claude-haiku-4-5";

/** A sandbox paces its answer as told; a model counts, which takes it a moment too. */
const PROMPT = "Count from one to five. [[sandbox:deltas 5]] [[sandbox:pace 40]]";

/** The cheapest call of either format whose answer takes long enough to see how its frames travel. */
export const tinyStream = {
  model: MODEL,
  max_tokens: 24,
  stream: true,
  messages: [{ role: "user", content: PROMPT }],
} as const;

/** Frames of an answer that takes this long don't come within one moment by themselves. */
const BURST_MS = 5;
const SLOW_MS = 120;

/** When the first piece of an answer came. Units: milliseconds. */
export function firstPieceMs({ arrivalsMs, tookMs }: Answered): number {
  return Math.round(arrivalsMs[0] ?? tookMs);
}

/** True for an answer whose pieces were gathered on the way and came all at once. */
export function cameAtOnce({ arrivalsMs, tookMs }: Answered): boolean {
  const [first, last] = [arrivalsMs[0] ?? tookMs, arrivalsMs.at(-1) ?? tookMs];
  return last - first <= BURST_MS && last >= SLOW_MS;
}

/** What answers to the tiny call cost, at list prices. Units: USD; undefined where none named its usage. */
export function costOfTinyStreams(answers: readonly ProbeAnswer[]): number | undefined {
  const prices = findAnsweringModel(MODEL)?.prices;
  if (prices === undefined) return undefined;
  let knownUsd: number | undefined;
  for (const answer of answers) {
    if (answer.kind !== "answer" || answer.status !== 200) continue;
    const input = largest(answer.body, /"(?:input|prompt)_tokens":\s*(\d+)/g);
    const output = largest(answer.body, /"(?:output|completion)_tokens":\s*(\d+)/g);
    // A chat stream doesn't say what it used unless asked: the same call cost what the first did.
    const isSilent = input === 0 && output === 0;
    const costUsd = (input * prices.input + output * prices.output) / 1_000_000;
    knownUsd = (knownUsd ?? 0) + (isSilent ? (knownUsd ?? 0) : costUsd);
  }
  return knownUsd;
}

function largest(text: string, pattern: RegExp): number {
  const numbers = [...text.matchAll(pattern)].map(([, digits]) => Number(digits));
  return Math.max(0, ...numbers.filter((each) => Number.isFinite(each)));
}
