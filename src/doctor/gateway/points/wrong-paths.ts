import { classifyAnswer, describeAnswer } from "../../classify-answer.ts";
import { failed, met, oddOf, pathOf, refusedBody, statusOf, withoutCredential } from "../judging.ts";
import type { Asked, Gateway, Point, PointResult } from "../types.ts";

/** What Claude Code asks for with a wrong base, and one that nobody can put right. */
const WRONG = ["/v1/v1/messages", "/v1/messages/v1/messages", "/v1/zenthrex-doctor/no-such-path"];

const wrongPaths: Point = {
  code: "wrong-paths",
  title: "Wrong paths are told",
  async run(gateway) {
    const asked = await Promise.all(WRONG.map((path) => gateway.ask(path, { body: refusedBody })));
    const odd = oddOf(...asked);
    if (odd !== undefined) return odd;
    for (const each of asked) {
      const result = problemOf(each, gateway);
      if (result !== undefined) return result;
    }
    const repaired = asked.filter(({ answer }) => classifyAnswer(answer) !== "missing").length;
    return met(`${repaired} of ${WRONG.length} wrong paths are put right, the rest answered with 421 or 410`);
  },
};

export default wrongPaths;

function problemOf(asked: Asked, gateway: Gateway): PointResult | undefined {
  const path = pathOf(asked.request.url);
  const status = statusOf(asked);
  switch (classifyAnswer(asked.answer)) {
    case "unauthorized":
    case "forbidden":
      return withoutCredential(gateway);
    case "missing":
      if (status === 421 || status === 410) return undefined;
      return failed(
        `POST ${path} answers ${status}: Claude Code then blames the model and never names the URL; 421 or 410 would be shown`,
        asked,
      );
    case "server-error":
      return failed(`POST ${path} answers ${describeAnswer(asked.answer)}: Claude Code asks 11 times`, asked);
    default:
      return undefined;
  }
}
