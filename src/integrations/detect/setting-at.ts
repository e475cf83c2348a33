import { isJsonObject, type Json } from "../../base/json.ts";
import { selectedName } from "../files/settings-tree.ts";

/** The value at a path of settings, where `[name=X]` is the element of a list whose name is X; undefined where there is none. */
export function settingAt(values: unknown, path: readonly string[]): Json | undefined {
  let value: unknown = values;
  for (const segment of path) {
    const name = selectedName(segment);
    if (name !== undefined) {
      const elements: readonly unknown[] = Array.isArray(value) ? value : [];
      value = elements.findLast((element) => isJsonObject(element) && element["name"] === name);
    } else value = isJsonObject(value) && Object.hasOwn(value, segment) ? value[segment] : undefined;
  }
  return value as Json | undefined;
}

/** The text at a path; undefined for anything else. */
export function textAt(values: unknown, path: readonly string[]): string | undefined {
  const value = settingAt(values, path);
  return typeof value === "string" ? value : undefined;
}
