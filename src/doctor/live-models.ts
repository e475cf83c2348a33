import { isJsonObject } from "../base/json.ts";
import { jsonOf } from "./classify-answer.ts";
import { modelList } from "./free-requests.ts";
import type { ProbeContext } from "./types.ts";

/** The ids of the hosted API's live list, in its order, each once; undefined where it can't be read. */
export async function liveModels({
  request,
  target,
}: Pick<ProbeContext, "request" | "target">): Promise<readonly string[] | undefined> {
  const { data } = jsonOf(await request(modelList(`${target.origin}/v1/models`)));
  if (!Array.isArray(data)) return undefined;
  const ids = data.flatMap((line: unknown) =>
    isJsonObject(line) && typeof line["id"] === "string" ? [line["id"]] : [],
  );
  return [...new Set(ids)];
}
