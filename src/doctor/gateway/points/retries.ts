import { classifyAnswer, describeAnswer } from "../../classify-answer.ts";
import { answerHeader, failed, met, oddOf, refusedBody, statusOf, untried } from "../judging.ts";
import type { Point } from "../types.ts";

const retries: Point = {
  code: "retries",
  title: "No retry that can't help",
  async run({ ask }) {
    const [wrong, none] = await Promise.all([
      ask("/v1/messages?beta=true", { body: refusedBody, isPlaceholder: true }),
      ask("/v1/messages?beta=true", { body: refusedBody, credential: "none" }),
    ]);
    const odd = oddOf(wrong, none);
    if (odd !== undefined) return odd;
    const refused = [wrong, none].filter(({ answer }) => classifyAnswer(answer) === "unauthorized");
    if (refused.length === 0) {
      const isForbidden = [wrong, none].some(({ answer }) => classifyAnswer(answer) === "forbidden");
      if (isForbidden) return met("a bad credential is answered with 403, which isn't retried");
      return untried(`it takes a message without a good credential (${statusOf(none)})`);
    }
    const retried = refused.find((each) => answerHeader(each, "x-should-retry")?.toLowerCase() !== "false");
    if (retried !== undefined) {
      const said = describeAnswer(retried.answer);
      return failed(
        `a bad key (${said}) comes without x-should-retry: false: Claude Code asks 11 times, over 3 minutes`,
        retried,
      );
    }
    return met("a bad key is refused with x-should-retry: false");
  },
};

export default retries;
