import { describeAnswer } from "../../classify-answer.ts";
import { anthropicError, failed, met, oddOf, refusedBody, statusOf, withoutCredential } from "../judging.ts";
import type { Point } from "../types.ts";

const message = { role: "user", content: "hi" };

/** Mistakes that validation finds before a model runs, and what its words must name. */
const mistakes = [
  { body: refusedBody, names: /max_tokens|messages/ },
  { body: { ...refusedBody, messages: [{ ...message, role: "zenthrex" }] }, names: /role|max_tokens/ },
  { body: { ...refusedBody, messages: [message], zenthrex_doctor: 1 }, names: /zenthrex_doctor|max_tokens/ },
];

const errors: Point = {
  code: "errors",
  title: "Error bodies verbatim",
  async run(gateway) {
    const unable = withoutCredential(gateway);
    if (unable !== undefined) return unable;
    const asked = await Promise.all(mistakes.map(({ body }) => gateway.ask("/v1/messages?beta=true", { body })));
    const odd = oddOf(...asked);
    if (odd !== undefined) return odd;
    for (const [index, each] of asked.entries()) {
      const error = anthropicError(each.answer);
      const said = describeAnswer(each.answer);
      if (statusOf(each) !== 400 && statusOf(each) !== 422) {
        return failed(`a mistake in the body is answered with ${said}: the API's 400 is expected`, each);
      }
      if (error === undefined)
        return failed(`an error is not in the API's form {type, error: {type, message}}: ${said}`, each);
      if (mistakes[index]?.names.test(error.message) !== true) {
        return failed(
          `an error doesn't name the field at fault (${said}): the client's recovery reads the API's own words`,
          each,
        );
      }
    }
    return met("three mistakes come back as 400 in the API's form and name the field");
  },
};

export default errors;
