import { classifyAnswer, describeAnswer } from "../../classify-answer.ts";
import { failed, met, oddOf, refusedBody, untried } from "../judging.ts";
import type { Asked, Point } from "../types.ts";

const credentials: Point = {
  code: "credentials",
  title: "Both credential headers",
  async run(gateway) {
    const [key, bearer] = await Promise.all([
      gateway.ask("/v1/messages?beta=true", { body: refusedBody }),
      gateway.ask("/v1/messages?beta=true", { body: refusedBody, credential: "authorization" }),
    ]);
    const odd = oddOf(key, bearer);
    if (odd !== undefined) return odd;
    const [byKey, byBearer] = [isRefused(key), isRefused(bearer)];
    if (byKey && byBearer)
      return untried("both are refused with this credential; --key-stdin gives the gateway its own");
    if (byKey) {
      return failed(
        `x-api-key is refused (${describeAnswer(key.answer)}), Bearer is taken: ANTHROPIC_API_KEY won't work`,
        key,
        bearer,
      );
    }
    if (byBearer) {
      return failed(
        `Bearer is refused (${describeAnswer(bearer.answer)}), x-api-key is taken: ANTHROPIC_AUTH_TOKEN won't work`,
        bearer,
        key,
      );
    }
    if (gateway.credential === "unknown") return untried("no message arrives at it, see 1");
    return met("x-api-key and Authorization: Bearer are both taken");
  },
};

export default credentials;

function isRefused({ answer }: Asked): boolean {
  return ["unauthorized", "forbidden"].includes(classifyAnswer(answer));
}
