import { isJsonObject, type JsonObject } from "../../../base/json.ts";
import { classifyAnswer, describeAnswer, jsonOf } from "../../classify-answer.ts";
import { failed, met, oddOf, withoutCredential } from "../judging.ts";
import type { Point } from "../types.ts";

/** Claude Code waits no longer for the list. */
const LIMIT_MS = 3_000;

const models: Point = {
  code: "models",
  title: "List of models",
  async run(gateway) {
    const asked = await gateway.ask("/v1/models?limit=1000", { credential: "authorization", timeoutMs: 10_000 });
    const odd = oddOf(asked);
    if (odd !== undefined) return odd;
    const { answer } = asked;
    const kind = classifyAnswer(answer);
    if (kind === "unauthorized" || kind === "forbidden") {
      return (
        withoutCredential(gateway) ??
        failed(`GET /v1/models refuses what messages accept: ${describeAnswer(answer)}`, asked)
      );
    }
    if (answer.kind === "failed" || answer.status !== 200) {
      return failed(`GET /v1/models?limit=1000 answers ${describeAnswer(answer)}`, asked);
    }
    const { data } = jsonOf(answer);
    if (!Array.isArray(data)) return failed("the list has no data[]", asked);
    const rows = data.filter(isJsonObject);
    const wrong = shapeProblem(rows, data.length);
    if (wrong !== undefined) return failed(wrong, asked);
    if (answer.tookMs > LIMIT_MS)
      return failed(`the list takes ${answer.tookMs} ms, Claude Code waits ${LIMIT_MS} ms`, asked);
    const used = rows.filter(({ id }) => /claude|anthropic/.test(String(id)));
    if (used.length === 0)
      return failed(`none of ${rows.length} ids has claude or anthropic in it: Claude Code shows none`, asked);
    return met(`${used.length} models in ${answer.tookMs} ms, in Anthropic's shape`);
  },
};

export default models;

function shapeProblem(rows: readonly JsonObject[], length: number): string | undefined {
  if (rows.length < length || rows.some(({ id }) => typeof id !== "string")) return "a model of the list has no id";
  const bare = rows.find((row) => typeof row["display_name"] !== "string");
  const openAi = bare?.["object"] === "model" ? ": this is OpenAI's shape" : "";
  return bare === undefined ? undefined : `${String(bare["id"]).slice(0, 60)} has no display_name${openAi}`;
}
