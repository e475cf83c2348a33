import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { HubMessage } from "../anthropic/hub.ts";
import type { Notes } from "../notes.ts";

/**
 * The web citations of an answer as OpenAI's annotations. The hub cites a whole text block: its place in the joined text is told.
 * Source: OpenAI's ChatCompletionResponseMessage.annotations; Anthropic's web_search_result_location.
 */
export function urlCitations(message: HubMessage, notes: Notes): JsonObject[] {
  const annotations: JsonObject[] = [];
  let start = 0;
  for (const block of message.content) {
    if (block.type !== "text") continue;
    const end = start + block.text.length;
    for (const citation of Array.isArray(block.citations) ? (block.citations as readonly unknown[]) : []) {
      if (!isJsonObject(citation)) continue;
      const { type, url, title } = citation;
      if (type === "web_search_result_location" && typeof url === "string") {
        const named = typeof title === "string" ? title : url;
        annotations.push({
          type: "url_citation",
          url_citation: { start_index: start, end_index: end, url, title: named },
        });
      } else notes.add("dropped", "citation", "content", "this kind of citation has no form in Chat Completions");
    }
    start = end;
  }
  return annotations;
}
