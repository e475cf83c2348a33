import type { Warning } from "./types.ts";

/** Longer header values are cut by some clients and proxies; what doesn't fit is counted. */
const mostCharacters = 2000;

/** Field names are the caller's: whatever isn't plain would be a header injection. */
const plain = (text: string): string => text.replace(/[^A-Za-z0-9_.:@[\]-]/g, "_").slice(0, 120);

/**
 * The warnings as the value of `x-zenthrex-warnings`: `code@path` each, the path left out where the code ends with it.
 * Shape: "dropped:seed, repaired:tool_result_missing@messages[3].tool_calls[0]"; undefined without a warning.
 */
export function warningsHeader(warnings: readonly Warning[]): string | undefined {
  if (warnings.length === 0) return undefined;
  const items = [
    ...new Set(
      warnings.map(({ code, path }) => plain(path === "" || code.endsWith(`:${path}`) ? code : `${code}@${path}`)),
    ),
  ];
  let value = "";
  for (const [index, item] of items.entries()) {
    const next = value === "" ? item : `${value}, ${item}`;
    if (next.length > mostCharacters) return `${value}, and ${items.length - index} more`;
    value = next;
  }
  return value;
}
