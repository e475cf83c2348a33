import { isJsonObject, type JsonObject } from "../base/json.ts";

/** A copy of the values with one of them set, or removed where it is undefined; an object left empty goes too. */
export function withValue(values: JsonObject, at: readonly string[], value: unknown): JsonObject {
  const [first = "", ...rest] = at;
  const copy = { ...values };
  const old = copy[first];
  const next = rest.length === 0 ? value : withValue(isJsonObject(old) ? old : {}, rest, value);
  const isGone = next === undefined || (rest.length > 0 && isJsonObject(next) && Object.keys(next).length === 0);
  if (isGone) delete copy[first];
  else copy[first] = next;
  return copy;
}
