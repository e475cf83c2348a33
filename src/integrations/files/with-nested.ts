import type { Json } from "../../base/json.ts";
import { selectedName, selectedPlace } from "./settings-tree.ts";

/** A value with another put into it at a path; objects, arrays and named elements on the way are made. */
export function withNested(existing: Json | undefined, path: readonly string[], value: Json): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const place = selectedPlace(key);
  if (place !== undefined && Array.isArray(existing) && place < existing.length) {
    return existing.with(place, withNested(existing[place], rest, value));
  }
  const name = selectedName(key);
  if (name === undefined) {
    const object = isPlainObject(existing) ? existing : {};
    return { ...object, [key]: withNested(object[key], rest, value) };
  }
  const array = Array.isArray(existing) ? existing : [];
  const index = array.findLastIndex((element) => isPlainObject(element) && element["name"] === name);
  const element = withNested(array[index] ?? { name }, rest, value);
  return index < 0 ? [...array, element] : array.with(index, element);
}

function isPlainObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
