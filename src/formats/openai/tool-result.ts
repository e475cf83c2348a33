import type { JsonObject } from "../../base/json.ts";
import type { HubBlockParam } from "../anthropic/hub.ts";
import type { Notes } from "../notes.ts";
import { type CacheControl, readCacheControl } from "./cache-control.ts";
import { contentBlocks } from "./content.ts";

type ResultBlock = Extract<HubBlockParam, { type: "tool_result" }>;

/** Breakpoints inside a result count for the whole of it: upstream they stand on the block itself. */
function withoutBreakpoint(block: HubBlockParam): HubBlockParam {
  const { cache_control: _breakpoint, ...rest } = block as HubBlockParam & { cache_control?: unknown };
  return rest as HubBlockParam;
}

/**
 * The content of a tool's result. A string stays one, also an empty one; a list of parts becomes blocks.
 * Source: Anthropic takes "", [] and " " here, unlike everywhere else.
 */
export function toolResult(
  source: JsonObject,
  path: string,
  cacheControl: CacheControl | undefined,
  notes: Notes,
): Omit<ResultBlock, "type" | "tool_use_id"> {
  const content = source["content"];
  const isError = source["is_error"] === true ? { is_error: true } : {};
  if (content === undefined || content === null || typeof content === "string") {
    return {
      content: content ?? "",
      ...isError,
      ...(cacheControl === undefined ? {} : { cache_control: cacheControl }),
    };
  }
  const blocks = contentBlocks(content, path, notes);
  const breakpoint = cacheControl ?? blocks.map(readCacheControl).findLast((found) => found !== undefined);
  return {
    content: blocks.map(withoutBreakpoint) as NonNullable<Exclude<ResultBlock["content"], string>>,
    ...isError,
    ...(breakpoint === undefined ? {} : { cache_control: breakpoint }),
  };
}
