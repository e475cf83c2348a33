import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { HubBlockParam } from "../anthropic/hub.ts";
import { malformed, type Notes, refusal } from "../notes.ts";
import { isBlank } from "./blank.ts";
import { type CacheControl, readCacheControl } from "./cache-control.ts";
import { fileBlock, imageBlock } from "./media.ts";

/** A part of a message's content in the hub's words. */
export type Part =
  | { readonly kind: "block"; readonly block: HubBlockParam }
  /** Anthropic's own blocks in an OpenAI body (Cursor): their ids and names still need mapping. */
  | { readonly kind: "tool-use"; readonly source: JsonObject }
  | { readonly kind: "tool-result"; readonly source: JsonObject; readonly path: string }
  | { readonly kind: "thinking"; readonly source: JsonObject };

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function marked(block: HubBlockParam, cacheControl: CacheControl | undefined): HubBlockParam {
  return cacheControl === undefined ? block : ({ ...block, cache_control: cacheControl } as HubBlockParam);
}

function textPart(text: unknown, path: string): HubBlockParam {
  if (typeof text !== "string") throw malformed(`${path} must be a string`, path, "Send the text as a string.");
  return { type: "text", text };
}

/** Anthropic's image and document blocks go through as they are, known keys only: an unknown one is a 400 upstream. */
function nativeBlock(part: JsonObject, path: string): HubBlockParam {
  if (!isJsonObject(part["source"]))
    throw malformed(`${path}.source must be an object`, `${path}.source`, "Send the source of the block.");
  const { type, source, title, context, citations } = part;
  const extras = Object.entries({ title, context, citations }).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  return { type, source, ...Object.fromEntries(extras) } as unknown as HubBlockParam;
}

function blockOf(part: JsonObject, path: string, notes: Notes): HubBlockParam {
  switch (part["type"]) {
    case "text":
    case "input_text":
    case "output_text":
      return textPart(part["text"], `${path}.text`);
    case "refusal":
      return textPart(part["refusal"], `${path}.refusal`);
    case "image_url":
    case "input_image":
      return imageBlock(part, path, notes);
    case "file":
    case "input_file":
      return fileBlock(part, path, notes);
    case "image":
    case "document":
      return nativeBlock(part, path);
    case "input_audio":
      throw refusal(`${path}: the hosted API takes no audio`, path, "Send the text of it.");
    default:
      throw refusal(
        `${path}: a part of type ${textOf(part["type"]) || "none"} can't be carried`,
        path,
        "Send text, images or files.",
      );
  }
}

function partOf(part: unknown, path: string, notes: Notes): Part {
  if (typeof part === "string") return { kind: "block", block: { type: "text", text: part } };
  if (!isJsonObject(part)) throw malformed(`${path} must be an object`, path, "Send each part as an object.");
  switch (part["type"]) {
    case "tool_use":
      return { kind: "tool-use", source: part };
    case "tool_result":
      return { kind: "tool-result", source: part, path };
    case "thinking":
    case "redacted_thinking":
      return { kind: "thinking", source: part };
    default:
      return { kind: "block", block: marked(blockOf(part, path, notes), readCacheControl(part)) };
  }
}

const isTextPart = (part: Part): part is Part & { block: { type: "text"; text: string } } =>
  part.kind === "block" && part.block.type === "text";

/**
 * Takes out the texts that are a 400 upstream: empty ones always, ones of white space only unless another text says something.
 * A breakpoint on one of them moves to the part before it.
 */
function withoutBlanks(parts: readonly Part[]): readonly Part[] {
  const blanks = parts.filter((part) => isTextPart(part) && isBlank(part.block.text));
  if (blanks.length === 0) return parts;
  const hasText = parts.some((part) => isTextPart(part) && !isBlank(part.block.text));
  const kept: Part[] = [];
  for (const part of parts) {
    const isKept = !isTextPart(part) || !isBlank(part.block.text) || (hasText && part.block.text !== "");
    if (isKept) kept.push(part);
    else moveBreakpoint(part, kept);
  }
  return kept;
}

function moveBreakpoint(from: Part, kept: Part[]): void {
  const before = kept.at(-1);
  const cacheControl = from.kind === "block" ? readCacheControl(from.block) : undefined;
  if (cacheControl === undefined || before?.kind !== "block") return;
  kept[kept.length - 1] = { kind: "block", block: marked(before.block, cacheControl) };
}

/**
 * The content of a message as parts: a string, a list of parts, or one part without its list; null and none are empty.
 * Throws: an OpenAI-shaped 400 with the path of the part, for what can't be carried.
 */
export function contentParts(content: unknown, path: string, notes: Notes): readonly Part[] {
  if (content === undefined || content === null || content === "") return [];
  if (typeof content === "string") {
    return isBlank(content) ? [] : [{ kind: "block", block: { type: "text", text: content } }];
  }
  if (isJsonObject(content)) return withoutBlanks([partOf(content, path, notes)]);
  if (!Array.isArray(content))
    throw malformed(`${path} must be a string or a list of parts`, path, "Send text, or a list of parts.");
  return withoutBlanks(content.map((part, index) => partOf(part, `${path}[${index}]`, notes)));
}

/** The content as blocks only, for places that hold no tool calls. Throws: as `contentParts`, and for tool blocks. */
export function contentBlocks(content: unknown, path: string, notes: Notes): HubBlockParam[] {
  return contentParts(content, path, notes).map((part) => {
    if (part.kind === "block") return part.block;
    throw refusal(
      `${path}: a ${textOf(part.source["type"])} block has no place here`,
      path,
      "Send text, images or files.",
    );
  });
}
