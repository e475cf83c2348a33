const LOOPBACK = ["127.0.0.1", "localhost", "::1"];

/**
 * A NO_PROXY value that keeps loopback traffic off a company proxy: what was there, and what of 127.0.0.1, localhost and ::1 it lacked.
 * Claude Code, Codex and others send http://127.0.0.1 through HTTP_PROXY unless NO_PROXY names it.
 */
export function mergeNoProxy(existing: string | undefined): string {
  const kept = (existing ?? "").trim();
  const entries = new Set(kept.split(/[\s,]+/).map((entry) => entry.toLowerCase().replace(/^\[|\]$/g, "")));
  if (entries.has("*")) return kept;
  const missing = LOOPBACK.filter((host) => !entries.has(host));
  const lead = kept.replace(/[\s,]+$/, "");
  return missing.length === 0 ? kept : [lead, ...missing].filter((part) => part !== "").join(",");
}

/** What was there before `mergeNoProxy`, as far as the value tells; undefined when nothing was. */
export function unmergeNoProxy(merged: string): string | undefined {
  const suffix = new RegExp(`,?(?:${LOOPBACK.map((host) => host.replaceAll(".", "\\.")).join("|")})$`);
  let rest = merged;
  while (suffix.test(rest)) rest = rest.replace(suffix, "");
  return rest === "" ? undefined : rest;
}

/** True when a NO_PROXY value already covers the daemon's address. */
export function coversLoopback(value: string | undefined): boolean {
  return value !== undefined && mergeNoProxy(value) === value.trim();
}
