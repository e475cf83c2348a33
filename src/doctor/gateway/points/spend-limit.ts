import { answerHeader, anthropicError, failed, met, statusOf, untried } from "../judging.ts";
import type { Point } from "../types.ts";

const spendLimit: Point = {
  code: "spend-limit",
  title: "Spend limit",
  isLast: true,
  async run({ seen }) {
    const limited = seen().find(
      (each) => statusOf(each) === 429 && anthropicError(each.answer)?.type === "billing_error",
    );
    if (limited === undefined) {
      return untried("429 billing_error shows only when a limit is reached, and none was");
    }
    const wait = answerHeader(limited, "retry-after");
    if (answerHeader(limited, "x-should-retry") !== "false") {
      return failed(
        "429 billing_error comes without x-should-retry: false: Claude Code retries it for minutes",
        limited,
      );
    }
    if (wait === undefined || !/^\d+$/.test(wait.trim())) {
      return failed(
        "429 billing_error comes without retry-after in seconds: the client can't say when it ends",
        limited,
      );
    }
    return met(`429 billing_error with x-should-retry: false and retry-after: ${wait.trim()}`);
  },
};

export default spendLimit;
