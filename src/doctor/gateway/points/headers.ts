import { describeAnswer } from "../../classify-answer.ts";
import { anthropicError, failed, met, oddOf, refusedBody, statusOf, untried, withoutCredential } from "../judging.ts";
import type { Asked, Point, PointResult } from "../types.ts";

/** A body field that a beta header alone makes legal: a gateway that strips the header turns it into a 400. */
const BETA = "context-management-2025-06-27";
const betaBody = {
  ...refusedBody,
  messages: [{ role: "user", content: "hi" }],
  context_management: { edits: [] },
};

const headers: Point = {
  code: "headers",
  title: "anthropic-* headers",
  async run(gateway) {
    const unable = withoutCredential(gateway);
    if (unable !== undefined) return unable;
    const { ask } = gateway;
    const [plain, unknown, version, beta, noBeta] = await Promise.all([
      ask("/v1/messages?beta=true", { body: refusedBody }),
      ask("/v1/messages?beta=true", {
        body: refusedBody,
        headers: ["anthropic-beta", "claude-code-20250219", "anthropic-zenthrex-doctor", "1"],
      }),
      ask("/v1/messages?beta=true", { body: refusedBody, headers: ["anthropic-version", "1999-12-31"] }),
      ask("/v1/messages?beta=true", { body: betaBody, headers: ["anthropic-beta", BETA] }),
      ask("/v1/messages?beta=true", { body: betaBody }),
    ]);
    const odd = oddOf(plain, unknown, version, beta, noBeta);
    if (odd !== undefined) return odd;
    if (statusOf(unknown) !== statusOf(plain)) {
      const said = `${describeAnswer(unknown.answer)}, without them ${statusOf(plain)}`;
      return failed(`a beta and an unknown anthropic-* header are refused: ${said}`, unknown, plain);
    }
    return arrival(version, beta, noBeta);
  },
};

export default headers;

/** What shows that headers arrive at the API: what it says of a version that isn't one, and of a field that needs a beta. */
function arrival(version: Asked, beta: Asked, noBeta: Asked): PointResult {
  const ofVersion = messageOf(version);
  const isVersionSeen = /1999-12-31|anthropic-version/i.test(ofVersion);
  const isFieldRefused = (asked: Asked): boolean => /context_management/.test(messageOf(asked));
  if (isFieldRefused(beta) && !isFieldRefused(noBeta)) {
    return failed(`a field is refused with its beta header and taken without (${messageOf(beta)})`, beta, noBeta);
  }
  const isBetaSeen = isFieldRefused(noBeta) && !isFieldRefused(beta);
  if (isFieldRefused(beta) && isVersionSeen) {
    return failed(
      `anthropic-beta: ${BETA} doesn't arrive, or the API behind doesn't know it: ${messageOf(beta)} (set CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS=1)`,
      beta,
    );
  }
  if (isVersionSeen && isBetaSeen) return met("anthropic-version and anthropic-beta arrive, unknown ones are taken");
  if (isBetaSeen)
    return met("anthropic-beta arrives, unknown ones are taken; anthropic-version is mapped or not looked at");
  if (isFieldRefused(beta)) {
    return failed(
      `anthropic-beta: ${BETA} is stripped or unknown, and the field that needs it is refused: ${messageOf(beta)}`,
      beta,
    );
  }
  if (isVersionSeen)
    return met("anthropic-version arrives; beta and unknown ones are taken, whether they arrive can't be seen");
  return untried(
    "none is refused, but whether they arrive can't be seen from outside: the API behind says nothing of them",
  );
}

function messageOf({ answer }: Asked): string {
  return anthropicError(answer)?.message ?? "";
}
