import { ZenthrexError } from "../base/errors.ts";
import { isJsonObject } from "../base/json.ts";
import { askJson, type QuestionOptions } from "./json-answer.ts";
import type { UpstreamClient } from "./types.ts";

/** One line of the list, as documented. Source: hosted documentation, "GET /v1/models". */
export interface HostedModel {
  readonly id: string;
  readonly display_name?: string;
}

/** How the list is asked for. */
export interface FetchModelsOptions extends QuestionOptions {
  /** Not needed by the hosted API; sent only where an upstream of the user's own wants it. */
  readonly key?: string;
}

const PATH = "/v1/models";

/**
 * The models that the upstream lists, in its order, duplicates and all: the documented list has some.
 * Lines without an id are left out; fields that aren't documented too.
 * Throws: see `askJson`; ZX_UPSTREAM_NOT_API where there is no list.
 */
export async function fetchModels(
  client: UpstreamClient,
  options: FetchModelsOptions = {},
): Promise<readonly HostedModel[]> {
  const headers = options.key === undefined ? [] : ["authorization", `Bearer ${options.key}`];
  const { data } = await askJson(client, PATH, headers, options);
  if (!Array.isArray(data))
    throw new ZenthrexError("ZX_UPSTREAM_NOT_API", `${client.origin}${PATH} has no list "data"`);
  return data.flatMap((line: unknown): HostedModel[] => {
    if (!isJsonObject(line) || typeof line["id"] !== "string" || line["id"] === "") return [];
    const { id, display_name: name } = line;
    return [typeof name === "string" ? { id, display_name: name } : { id }];
  });
}
