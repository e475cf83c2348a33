import type { ReportedUsage } from "./options.ts";

/** Corrects local estimates by what real answers cost: per tokenizer and tool, in memory only. */
export interface Calibration {
  /** What an estimate has to be multiplied by so that it is not low. */
  factor(tokenizer: string, tool: string): number;
  /** True when a request of this kind is worth estimating once its real size is known: not each, estimating costs more than forwarding. */
  wants(tokenizer: string, tool: string): boolean;
  /** Notes the estimate of a request and what it really was. */
  learn(tokenizer: string, tool: string, estimate: number, usage: ReportedUsage): void;
}

const keptSamples = 64;
const trustedSamples = 5;
const untrustedFactor = 1.15;
const leastFactor = 0.7;
const mostFactor = 2;
/** One request in this time is estimated, per tokenizer and tool. */
const sampleEveryMs = 1_000;
/** Tools are named by a closed table: more pairs than this can't come up in earnest. */
const maxPairs = 256;

interface Samples {
  readonly ratios: number[];
  nextAtMs: number;
}

/** Makes an empty calibration. `now` in milliseconds. */
export function createCalibration(now: () => number): Calibration {
  const pairs = new Map<string, Samples>();
  const samplesOf = (tokenizer: string, tool: string): Samples => {
    const key = `${tokenizer} ${tool}`;
    const known = pairs.get(key);
    if (known !== undefined) return known;
    if (pairs.size >= maxPairs) pairs.clear();
    const samples: Samples = { ratios: [], nextAtMs: Number.NEGATIVE_INFINITY };
    pairs.set(key, samples);
    return samples;
  };
  return {
    factor(tokenizer, tool) {
      const ratios = pairs.get(`${tokenizer} ${tool}`)?.ratios ?? [];
      if (ratios.length < trustedSamples) return untrustedFactor;
      return Math.min(mostFactor, Math.max(leastFactor, ...ratios));
    },
    wants(tokenizer, tool) {
      const samples = samplesOf(tokenizer, tool);
      if (now() < samples.nextAtMs) return false;
      samples.nextAtMs = now() + sampleEveryMs;
      return true;
    },
    learn(tokenizer, tool, estimate, usage) {
      const real = usage.inputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
      if (estimate <= 0 || real <= 0) return;
      const { ratios } = samplesOf(tokenizer, tool);
      ratios.push(real / estimate);
      if (ratios.length > keptSamples) ratios.shift();
    },
  };
}
