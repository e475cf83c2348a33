import { decodeByteString, encodeByteString } from "../byte-string.ts";

/** Tells ours from what other services put into `encrypted_content`. */
const prefix = "zenthrex.summary.1.";

/** What stands around a summary that comes back, so that the model takes it for what it is. */
const opening = "The conversation before this was replaced by this summary of it:\n\n";

/** What the model is asked for where a client ends its input with a `compaction_trigger`. */
export const compactionRequest =
  "Summarize the conversation so far for an assistant that will go on with it and see nothing else of it: the user's requests and preferences word for word where wording matters, what was done and decided and why, files and commands by name with their state, what is open, and the next step. Answer with the summary only.";

/** A summary as a compaction item carries it. */
export function carrySummary(summary: string): string {
  return prefix + btoa(encodeByteString(summary));
}

/** The summary that a compaction item carries, as the user's turn that stands for what it replaces. Shape: undefined where it isn't ours. */
export function compactedText(encrypted: unknown): string | undefined {
  if (typeof encrypted !== "string" || !encrypted.startsWith(prefix)) return undefined;
  try {
    return opening + decodeByteString(atob(encrypted.slice(prefix.length)));
  } catch {
    return undefined;
  }
}
