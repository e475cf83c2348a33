import { classifyAnswer, describeAnswer } from "../../classify-answer.ts";
import { failed, met, oddOf, pathOf, refusedBody, statusOf } from "../judging.ts";
import type { Point } from "../types.ts";

const paths: Point = {
  code: "paths",
  title: "Paths and start-up probes",
  async run({ ask }) {
    const [queried, plain, unknown, hello, root] = await Promise.all([
      ask("/v1/messages?beta=true", { body: refusedBody }),
      ask("/v1/messages", { body: refusedBody }),
      ask("/v1/messages?beta=true&zenthrex=1", { body: refusedBody }),
      ask("/api/hello", { method: "HEAD", credential: "none" }),
      ask("/", { method: "HEAD", credential: "none" }),
    ]);
    const odd = oddOf(queried, plain, unknown, hello, root);
    if (odd !== undefined) return odd;
    if (classifyAnswer(plain.answer) === "missing" || classifyAnswer(plain.answer) === "unexpected") {
      return failed(`POST /v1/messages is not served: ${describeAnswer(plain.answer)}`, plain);
    }
    for (const each of [queried, unknown]) {
      if (statusOf(each) === statusOf(plain)) continue;
      const said = `${describeAnswer(each.answer)}, without the query ${statusOf(plain)}`;
      return failed(
        `POST ${pathOf(each.request.url)} answers ${said}: match on the path, ignore the query`,
        each,
        plain,
      );
    }
    for (const each of [hello, root]) {
      if (statusOf(each) === 200) continue;
      return failed(
        `HEAD ${pathOf(each.request.url)} answers ${statusOf(each)}: Claude Code's start-up probe wants 200`,
        each,
      );
    }
    return met("POST /v1/messages with any query, HEAD /api/hello and HEAD / are answered");
  },
};

export default paths;
