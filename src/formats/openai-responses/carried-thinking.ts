import { isJsonObject, type JsonObject, parseJsonText } from "../../base/json.ts";
import type { HubBlock, HubBlockParam } from "../anthropic/hub.ts";
import { decodeByteString, encodeByteString } from "../byte-string.ts";
import { signedBlock } from "../openai/signed-thinking.ts";

type ThinkingParam = Extract<HubBlockParam, { type: "thinking" | "redacted_thinking" }>;

/** Tells ours from what other services put into `encrypted_content`, which is a 400 upstream. */
const prefix = "zenthrex.1.";

/**
 * A thinking block as a reasoning item's `encrypted_content`: with its text, so that it comes back whole whatever a client does
 * with the summary, and nothing has to be remembered. Shape: undefined for other blocks, and for thinking without a signature.
 */
export function carryThinking(block: HubBlock): string | undefined {
  const signed = signedBlock(block as unknown as JsonObject);
  return signed === undefined ? undefined : prefix + btoa(encodeByteString(JSON.stringify(signed)));
}

/** The thinking block that a reasoning item carries. Shape: undefined where it isn't one of ours. */
export function carriedThinking(encrypted: unknown): ThinkingParam | undefined {
  if (typeof encrypted !== "string" || !encrypted.startsWith(prefix)) return undefined;
  try {
    const block: unknown = parseJsonText(decodeByteString(atob(encrypted.slice(prefix.length))));
    return isJsonObject(block) ? signedBlock(block) : undefined;
  } catch {
    return undefined;
  }
}
