import { headerPairs } from "../base/headers.ts";
import type { ProbeRequest } from "./types.ts";

/** What a curl line needs beyond the request itself. */
export interface CurlSurroundings {
  /** The file (0600) that holds the credential header, as `-H @FILE` reads it; undefined where none is sent. */
  readonly headerFile: string | undefined;
  /** A file of authorities, where not the system's alone are trusted. */
  readonly caFile?: string | undefined;
  /** The proxy as a shell's word, "$HTTPS_PROXY" where a variable names it: it may hold a password. Undefined: none is used. */
  readonly proxy: string | undefined;
}

/** A word as a POSIX shell reads it back. */
function quoted(text: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * The curl command that sends a probe's request. It can be pasted as it is, holds no secret, follows no redirect, and prints the answer
 * with its status line.
 */
export function renderCurl(request: ProbeRequest, { headerFile, caFile, proxy }: CurlSurroundings): string {
  const words = ["curl", "-sS", "-i", "--http1.1", "--max-time", "30"];
  words.push(...(proxy === undefined ? ["--noproxy", "'*'"] : ["--proxy", proxy]));
  if (caFile !== undefined) words.push("--cacert", quoted(caFile));
  if (request.method === "HEAD") words.push("--head");
  else if (request.method !== "GET") words.push("-X", request.method);
  if (headerFile !== undefined) words.push("-H", quoted(`@${headerFile}`));
  for (const [name, value] of headerPairs(request.headers ?? [])) words.push("-H", quoted(`${name}: ${value}`));
  // Not --data: that one reads a file where the text begins with @.
  if (request.body !== undefined) words.push("--data-raw", quoted(request.body));
  words.push(quoted(request.url));
  return words.join(" ");
}
