import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { HubBlockParam, HubRequest } from "../anthropic/hub.ts";
import { type Notes, refusal } from "../notes.ts";
import { isBlank } from "./blank.ts";
import { readCacheControl } from "./cache-control.ts";
import { contentBlocks } from "./content.ts";

/** A block of the system prompt. */
export type SystemBlock = NonNullable<HubRequest["system"]>[number];

/** True for a message that instructs: of the system's or the developer's. */
export const isSystemMessage = (message: unknown): message is JsonObject =>
  isJsonObject(message) && (message["role"] === "system" || message["role"] === "developer");

/** A later system message stays where it is: hoisting it would change the cached prefix. Source: Anthropic's prompt caching guide. */
export function asReminder(block: HubBlockParam): HubBlockParam {
  if (block.type !== "text") return block;
  return { ...block, text: `<system-reminder>\n${block.text}\n</system-reminder>` };
}

/** The blocks of a system message. Throws: for anything but text. */
export function systemBlocks(message: JsonObject, path: string, notes: Notes): SystemBlock[] {
  const blocks = contentBlocks(message["content"], `${path}.content`, notes).flatMap((block) => {
    // Stricter than turns: a system block of white space is refused beside others too.
    if (block.type === "text") return isBlank(block.text) ? [] : [block];
    throw refusal(
      `${path}.content: a system message holds only text`,
      `${path}.content`,
      "Send images in a user message.",
    );
  });
  const cacheControl = readCacheControl(message);
  const last = blocks.at(-1);
  return cacheControl === undefined || last === undefined
    ? blocks
    : [...blocks.slice(0, -1), { ...last, cache_control: cacheControl }];
}
