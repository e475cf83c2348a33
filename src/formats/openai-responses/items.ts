import { ZenthrexError } from "../../base/errors.ts";
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { malformed } from "../notes.ts";
import type { TranslationContext } from "../types.ts";

/** An item of the conversation, and where the caller wrote it. */
export interface InputItem {
  readonly item: JsonObject;
  readonly path: string;
}

/** All that the model shall read, and which of it is this request's own. */
export interface ReadInput {
  readonly items: readonly InputItem[];
  readonly own: readonly JsonObject[];
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** `input` as a list: a text is a message of the user's. */
function ownItems(input: unknown): JsonObject[] {
  if (typeof input === "string") return [{ type: "message", role: "user", content: input }];
  if (input === undefined || input === null) return [];
  if (!Array.isArray(input)) throw malformed("input must be a string or a list", "input", "Send text or items.");
  return input.map((item: unknown, index) => {
    if (isJsonObject(item)) return item;
    throw malformed(`input[${index}] must be an object`, `input[${index}]`, "Send each item as an object.");
  });
}

/** What a reference stands for: items by their id. */
function resolved(item: JsonObject, path: string, { recallItem }: TranslationContext): JsonObject {
  const isReference =
    item["type"] === "item_reference" || (Object.keys(item).join() === "id" && item["id"] !== undefined);
  if (!isReference) return item;
  const id = textOf(item["id"]);
  const found = recallItem?.(id);
  if (found !== undefined) return found;
  throw malformed(
    `Item with id '${id.slice(0, 100)}' not found`,
    path,
    "Send the item itself: earlier answers are kept in memory only, and only with store: true.",
  );
}

function earlierItems(body: JsonObject, { recallItems }: TranslationContext): readonly JsonObject[] {
  const id = body["previous_response_id"];
  if (id === undefined || id === null || id === "") return [];
  const found = typeof id === "string" ? recallItems?.(id) : undefined;
  if (found !== undefined) return found;
  const shown = typeof id === "string" ? id.slice(0, 100) : "";
  throw new ZenthrexError("ZX_PREVIOUS_RESPONSE_UNKNOWN", `Previous response with id '${shown}' not found`, {
    param: "previous_response_id",
  });
}

/**
 * The items of a request: those of the answer that it goes on from, then its own, references resolved.
 * Throws: ZX_PREVIOUS_RESPONSE_UNKNOWN, or a 400 with the path of the item.
 */
export function readInput(body: JsonObject, context: TranslationContext): ReadInput {
  const earlier = earlierItems(body, context);
  const own = ownItems(body["input"]).map((item, index) => resolved(item, `input[${index}]`, context));
  return {
    own,
    items: [
      ...earlier.map((item, index) => ({ item, path: `previous_response_id[${index}]` })),
      ...own.map((item, index) => ({ item, path: `input[${index}]` })),
    ],
  };
}
