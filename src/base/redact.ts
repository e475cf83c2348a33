/** What follows "Bearer ", whoever's secret it is (RFC 6750). Said twice, it is still the last word that counts. */
const BEARER = /\b((?:Bearer\s+)+)[A-Za-z0-9._~+/=-]{6,}/g;

/**
 * Secrets that must never reach an output: hosted keys (with whatever a bearer token may hold, also as a URL or JSON spells it), local
 * tokens, other vendors' keys. The first two are unlike any word: they count inside of one as well.
 */
const SECRET =
  /(zk_(?=(?:[A-Za-z0-9._~+/-]|%[0-9A-Fa-f]{2}|\\\/){6}))(?:[A-Za-z0-9._~+/-]|%[0-9A-Fa-f]{2}|\\\/)*(?:[A-Za-z0-9_~+/-]|%[0-9A-Fa-f]{2}|\\\/)=*|(zxl_|\b(?:sk-ant-|sk-or-|sk-proj-|sk-|AIza|ghp_|github_pat_|xai-|gsk_))[A-Za-z0-9_-]{6,}/g;

/** Replaces every secret in a text by its kind and last four characters: `zk_live_abcd1234` -> `zk_...1234`. */
export function redact(text: string): string {
  // First of all: a key may be glued to the word "Bearer", and would take it away from the token behind it.
  const bare = text.includes("Bearer")
    ? text.replace(BEARER, (match: string, bearer: string) => `${bearer}...${match.slice(-4)}`)
    : text;
  return bare.replace(
    SECRET,
    (match: string, own: string | undefined, prefix: string | undefined) =>
      `${own ?? prefix ?? ""}...${match.slice(-4)}`,
  );
}

/** A secret as people may see it: prefix and last four characters; all of it hidden when it is too short for that. */
export function maskSecret(secret: string): string {
  const prefix = /^[a-z]+_/i.exec(secret)?.[0] ?? "";
  return secret.length >= prefix.length + 12 ? `${prefix}...${secret.slice(-4)}` : `${prefix}...`;
}

/** Removes what could steer a terminal (C0, C1, escape sequences, bidirectional controls, line separators) from text of foreign origin. */
export function printable(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    "",
  );
}
