import { isDeepStrictEqual } from "node:util";
import { ZenthrexError } from "../../base/errors.ts";
import type { Json } from "../../base/json.ts";
import type { KeyValue } from "../types.ts";
import { withNested } from "./with-nested.ts";

/** A last look at an edited text: it says what the old one said, with our keys set, and nothing else. Throws: ZX_INTERNAL. */
export function requireSameValues(
  before: unknown,
  set: readonly Pick<KeyValue, "path" | "value">[],
  after: unknown,
  name: string,
): void {
  let expected = (before ?? {}) as Json;
  for (const { path, value } of set) expected = withNested(expected, path, value);
  if (isDeepStrictEqual(expected, after)) return;
  throw new ZenthrexError("ZX_INTERNAL", `the edit of ${name} would not have been exact: nothing was written`);
}
