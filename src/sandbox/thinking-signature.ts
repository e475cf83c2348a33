import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** Not a secret: it only tells this sandbox's thinking from text that someone made up, also after a restart. */
const signingKey = "zenthrex sandbox: there is no thinking behind this signature";
const macBytes = 16;
const shownBytes = 8;

const mac = (kind: string, bytes: Uint8Array): Buffer =>
  createHmac("sha256", signingKey).update(kind).update(bytes).digest().subarray(0, macBytes);

const digestOfShown = (shown: string): Buffer => createHash("sha256").update(shown).digest().subarray(0, shownBytes);

function seal(kind: string, bytes: Buffer): string {
  return Buffer.concat([mac(kind, bytes), bytes]).toString("base64");
}

/** What was sealed, or undefined where this sandbox did not seal it. */
function unseal(kind: string, sealed: string): Buffer | undefined {
  const bytes = Buffer.from(sealed, "base64");
  if (bytes.length < macBytes || bytes.toString("base64") !== sealed) return undefined;
  const content = bytes.subarray(macBytes);
  return timingSafeEqual(mac(kind, content), bytes.subarray(0, macBytes)) ? content : undefined;
}

/**
 * Signs a thinking block. Like the real one it carries the whole thinking, of which `shown` may be a summary or nothing.
 * Shape: base64.
 */
export function signThinking(thinking: string, shown: string): string {
  return seal("thinking", Buffer.concat([digestOfShown(shown), Buffer.from(thinking, "utf8")]));
}

/** True where this sandbox signed a thinking block with exactly this text. */
export function isSignedThinking(shown: string, signature: string): boolean {
  const content = unseal("thinking", signature);
  return (
    content !== undefined &&
    content.length >= shownBytes &&
    digestOfShown(shown).equals(content.subarray(0, shownBytes))
  );
}

/** The `data` of a redacted thinking block. Shape: base64. */
export function sealRedactedThinking(thinking: string): string {
  return seal("redacted_thinking", Buffer.from(thinking, "utf8"));
}

/** True where this sandbox made the `data` of a redacted thinking block. */
export function isSealedThinking(data: string): boolean {
  return unseal("redacted_thinking", data) !== undefined;
}
