import { estimateRequestTokens } from "../catalog/estimate-tokens.ts";
import { findAnsweringModel, modelOrNewest } from "../catalog/models.ts";
import { jsonOf } from "./collected-answer.ts";
import type { Exchange } from "./exchange.ts";
import { toolOf } from "./record.ts";

/** Larger requests are not estimated for learning: that takes about 10 ms a MB. */
const maxLearntBytes = 2 * 1024 * 1024;

/**
 * Compares what a finished request was estimated at with what it really cost, so that later estimates are right.
 * Done now and then, behind the answer: see the calibration.
 */
export function learnTokens(exchange: Exchange): void {
  const { match, outcome, usage, body, isEncoded, modelServed, proxy } = exchange;
  if (match.route !== "messages" || outcome !== "completed" || usage === undefined) return;
  if (body === undefined || isEncoded || body.length > maxLearntBytes) return;
  const { tokenizer } = findAnsweringModel(modelServed ?? "") ?? modelOrNewest("");
  const tool = toolOf(exchange);
  if (!proxy.calibration.wants(tokenizer, tool)) return;
  setImmediate(() => {
    const request = jsonOf(body);
    if (request === undefined) return;
    proxy.calibration.learn(tokenizer, tool, estimateRequestTokens(request, tokenizer), usage);
  });
}
