import { classifyAnswer, describeAnswer, jsonOf } from "../../classify-answer.ts";
import { failed, met, oddOf, untried, withoutCredential } from "../judging.ts";
import type { Point } from "../types.ts";

const countTokens: Point = {
  code: "count-tokens",
  title: "count_tokens",
  async run(gateway) {
    const unable = withoutCredential(gateway);
    if (unable !== undefined) return unable;
    const body = { model: "claude-haiku-4-5", messages: [{ role: "user", content: "hi" }] };
    const asked = await gateway.ask("/v1/messages/count_tokens?beta=true", { body });
    const odd = oddOf(asked);
    if (odd !== undefined) return odd;
    const { answer } = asked;
    const kind = classifyAnswer(answer);
    const count = jsonOf(answer)["input_tokens"];
    if (kind === "reached" && typeof count === "number" && count > 0)
      return met(`it counts (${count} tokens for "hi")`);
    if (kind === "missing") {
      return met("not served, which is allowed: /context then counts through up to 36 paid requests at once");
    }
    if (kind === "rate-limited" || kind === "wallet-empty") return untried(`it answers ${describeAnswer(answer)}`);
    return failed(`answers ${describeAnswer(answer)} instead of {"input_tokens": n}`, asked);
  },
};

export default countTokens;
