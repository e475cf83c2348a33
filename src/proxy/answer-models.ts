import { ZenthrexError } from "../base/errors.ts";
import { printable } from "../base/redact.ts";
import { answerJson } from "./answer.ts";
import type { Exchange } from "./exchange.ts";
import type { ListedModel } from "./live-models.ts";

/** The hosted API tells no date: models without one are dated at the epoch, which both formats demand to be something. */
const unknownDate = "1970-01-01T00:00:00Z";

const ownedBy = "anthropic";

function anthropicModel({ id, displayName, createdAt }: ListedModel) {
  return { type: "model", id, display_name: displayName, created_at: createdAt ?? unknownDate };
}

function openaiModel({ id, createdAt }: ListedModel) {
  const createdMs = Date.parse(createdAt ?? unknownDate);
  return {
    id,
    object: "model",
    created: Number.isNaN(createdMs) ? 0 : Math.floor(createdMs / 1000),
    owned_by: ownedBy,
  };
}

/** How many models are asked for; Anthropic's default is 20, its most 1,000. Source: Anthropic "List Models". */
function limitOf(query: URLSearchParams): number {
  const text = query.get("limit");
  if (text === null) return 20;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
    throw new ZenthrexError("ZX_BODY_INVALID", "limit is not a whole number from 1 to 1000", {
      fix: "Send another limit.",
    });
  }
  return limit;
}

/** One page of the list in Anthropic's shape. */
function anthropicPage(all: readonly ListedModel[], query: URLSearchParams) {
  const limit = limitOf(query);
  const after = query.get("after_id");
  const before = query.get("before_id");
  const indexOf = (id: string): number => all.findIndex((model) => model.id === id);
  let rest = all;
  let data: readonly ListedModel[];
  if (before !== null && indexOf(before) >= 0) {
    rest = all.slice(0, indexOf(before));
    data = rest.slice(-limit);
  } else {
    rest = after !== null && indexOf(after) >= 0 ? all.slice(indexOf(after) + 1) : all;
    data = rest.slice(0, limit);
  }
  return {
    data: data.map(anthropicModel),
    has_more: rest.length > data.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

/** Lists the models in the caller's shape. */
export async function answerModels(exchange: Exchange): Promise<void> {
  const query = new URLSearchParams(exchange.match.query);
  const all = await exchange.proxy.models.all();
  if (exchange.format === "anthropic") answerJson(exchange, 200, anthropicPage(all, query));
  else answerJson(exchange, 200, { object: "list", data: all.map(openaiModel) });
}

/** Tells of one model in the caller's shape. Throws: ZX_MODEL_UNKNOWN. */
export async function answerModel(exchange: Exchange): Promise<void> {
  const id = exchange.match.modelId ?? "";
  const model = (await exchange.proxy.models.all()).find((candidate) => candidate.id === id);
  if (model === undefined) {
    const shown = printable(id).slice(0, 100);
    throw new ZenthrexError("ZX_MODEL_UNKNOWN", `the hosted API has no model "${shown}"`, {
      fix: "Choose a model of `zenthrex models`.",
    });
  }
  answerJson(exchange, 200, exchange.format === "anthropic" ? anthropicModel(model) : openaiModel(model));
}
