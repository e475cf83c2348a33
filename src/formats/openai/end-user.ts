import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { hashText } from "../hash-text.ts";
import type { Notes } from "../notes.ts";

/** Anthropic's limit of `metadata.user_id`. */
const longestUserId = 256;
/** What identifies a person by itself: mail addresses, phone numbers. Anthropic: "do not include any identifying information". */
const IDENTIFYING = /@|^\+?[\d\s().-]{7,}$/;

/**
 * The caller's id of its end user as `metadata.user_id`, hashed where it would identify a person.
 * `returnsMetadata`: what the caller names `metadata` comes back to it with the answer, and isn't lost.
 */
export function translateEndUser(
  body: JsonObject,
  returnsMetadata: boolean,
  notes: Notes,
): { user_id: string } | undefined {
  const metadata = returnsMetadata ? undefined : body["metadata"];
  if (isJsonObject(metadata) ? Object.keys(metadata).length > 0 : metadata !== undefined && metadata !== null) {
    notes.add("dropped", "metadata", "metadata", "the hosted API stores no metadata");
  }
  const id = [body["safety_identifier"], body["user"]].find((value) => typeof value === "string" && value !== "");
  if (typeof id !== "string") return undefined;
  const isPlain = id.length <= longestUserId && !IDENTIFYING.test(id);
  return { user_id: isPlain ? id : `user_${hashText(id)}` };
}
