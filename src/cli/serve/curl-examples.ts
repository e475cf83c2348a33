import type { Context } from "../context.ts";

/** A command line that can be pasted as it is, and what it shows. */
export interface Example {
  readonly title: string;
  readonly command: string;
}

const MESSAGE = '{"model":"claude-haiku-4-5","max_tokens":256,"messages":[{"role":"user","content":"Say hello"}]}';
const STREAMED = MESSAGE.replace("{", '{"stream":true,');

/**
 * The commands that `serve` prints: one plain answer, one streamed.
 * The local token is not in them: they ask for it with `$(... key token)`. So they work from any folder and in a shell that has
 * neither zenthrex nor Node on its PATH (both are named by their whole paths), and a log that keeps this output holds no token.
 */
export function curlExamples(port: number, context: Context): readonly Example[] {
  const write = context.platform === "win32" ? powershell : posix;
  return [
    { title: "A message", command: write(port, MESSAGE, false, context) },
    { title: "The same, streamed", command: write(port, STREAMED, true, context) },
  ];
}

function posix(port: number, body: string, streams: boolean, context: Context): string {
  const token = `${quote(context.nodePath)} ${quote(context.programPath)} key token`;
  return [
    `curl ${streams ? "-sN" : "-s"}${bypass(context)} http://127.0.0.1:${port}/v1/messages`,
    `  -H "x-api-key: $(${token})"`,
    "  -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json'",
    `  -d '${body}'`,
  ].join(" \\\n");
}

/** The body goes through a pipe: Windows PowerShell 5 and 7 pass quotes in arguments differently. */
function powershell(port: number, body: string, streams: boolean, context: Context): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const token = `& ${quoted(context.nodePath)} ${quoted(context.programPath)} key token`;
  return [
    `'${body}' | curl.exe ${streams ? "-sN" : "-s"}${bypass(context)} http://127.0.0.1:${port}/v1/messages`,
    `  -H "x-api-key: $(${token})"`,
    "  -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' -d '@-'",
  ].join(" `\n");
}

/** curl sends loopback traffic to a proxy that the environment names. */
function bypass({ env }: Context): string {
  return ["http_proxy", "all_proxy", "ALL_PROXY"].some((name) => env[name]) ? " --noproxy '*'" : "";
}

/** A word for a POSIX shell, quoted only where it has to be; inside `"$(...)"` quotes count anew. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
