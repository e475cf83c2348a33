import type { JsonObject } from "../../base/json.ts";
import type { Model } from "../../catalog/models.ts";
import { type MessagesRequest, readMessagesRequest } from "../messages-request.ts";
import { invalidRequest, isRefusal, type Refusal } from "../refusal.ts";
import { documentedModel } from "./documented-model.ts";
import { checkCacheControl } from "./rules/check-cache-control.ts";
import { checkContent } from "./rules/check-content.ts";
import { checkMedia } from "./rules/check-media.ts";
import { checkModelParameters } from "./rules/check-model-parameters.ts";
import { checkParameters } from "./rules/check-parameters.ts";
import { checkThinking } from "./rules/check-thinking.ts";
import { checkToolPairs } from "./rules/check-tool-pairs.ts";
import { checkTools } from "./rules/check-tools.ts";
import type { Check } from "./schema-node.ts";

/** What holds for every model, in the order in which it is checked. */
const rules: readonly ((request: MessagesRequest) => string | undefined)[] = [
  checkParameters,
  checkTools,
  checkContent,
  checkMedia,
  checkToolPairs,
  checkCacheControl,
];

/** What depends on the model. */
const modelRules: readonly ((request: MessagesRequest, model: Model) => string | undefined)[] = [
  checkModelParameters,
  checkThinking,
];

/** A request that passed every check. */
export interface CheckedRequest {
  readonly request: MessagesRequest;
  readonly model: Model;
}

const unsupportedThread =
  "thread: message threads are not supported here: every request must carry its whole conversation in `messages` " +
  "(with the tool runner of the Anthropic SDK: `thread: false`)";

/** Checks a body: schema, rules, model, rules of the model. The first problem is the answer. */
export function checkRequest(body: JsonObject, betas: readonly string[], schema: Check): CheckedRequest | Refusal {
  if (body["thread"] !== undefined && body["thread"] !== null) return invalidRequest(unsupportedThread);
  const mismatch = schema(body, "", betas);
  if (mismatch !== undefined) return invalidRequest(mismatch);
  const request = readMessagesRequest(body, betas);
  for (const rule of rules) {
    const problem = rule(request);
    if (problem !== undefined) return invalidRequest(problem);
  }
  const model = documentedModel(request.modelId);
  if (isRefusal(model)) return model;
  for (const rule of modelRules) {
    const problem = rule(request, model);
    if (problem !== undefined) return invalidRequest(problem);
  }
  return { request, model };
}
