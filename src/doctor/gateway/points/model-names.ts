import { isJsonObject } from "../../../base/json.ts";
import { classifyAnswer, describeAnswer, jsonOf } from "../../classify-answer.ts";
import { anthropicError, failed, met, oddOf, refusedBody, statusOf, withoutCredential } from "../judging.ts";
import type { Point } from "../types.ts";

/** What Claude Code 2.1.330 asks for where no model is pinned; and a name that nobody has. */
const UNPINNED = "claude-opus-5-5";
const UNKNOWN = "zenthrex-no-such-model";

const modelNames: Point = {
  code: "model-names",
  title: "Unpinned model names",
  async run(gateway) {
    const unable = withoutCredential(gateway);
    if (unable !== undefined) return unable;
    const [list, ...asked] = await Promise.all([
      gateway.ask("/v1/models?limit=1000", { credential: "authorization", timeoutMs: 10_000 }),
      ...[UNPINNED, UNKNOWN].map((model) => gateway.ask("/v1/messages?beta=true", { body: { ...refusedBody, model } })),
    ]);
    const odd = oddOf(...asked);
    if (odd !== undefined) return odd;
    for (const each of asked) {
      const kind = classifyAnswer(each.answer);
      const isReadable = kind === "reached" && anthropicError(each.answer) !== undefined;
      if (isReadable || kind === "wallet-empty" || kind === "rate-limited") continue;
      const retried = statusOf(each) >= 500 ? ": Claude Code asks 11 times" : "";
      return failed(`a model that it may not have is answered with ${describeAnswer(each.answer)}${retried}`, each);
    }
    const { data } = jsonOf(list.answer);
    const isListed = Array.isArray(data) && data.some((row) => isJsonObject(row) && row["id"] === UNPINNED);
    const advice = isListed
      ? ""
      : `; ${UNPINNED} isn't listed: pin ANTHROPIC_MODEL and the three ANTHROPIC_DEFAULT_*_MODEL`;
    return met(`a name that it doesn't have is refused at once, in the API's form${advice}`);
  },
};

export default modelNames;
