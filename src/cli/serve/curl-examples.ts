import type { Context } from "../context.ts";
import { selfCommand } from "../self-command.ts";

/** A command line that can be pasted as it is, and what it shows. */
export interface Example {
  readonly title: string;
  readonly command: string;
}

const MESSAGES = '"messages":[{"role":"user","content":"Say hello"}]}';
const HEAD = '{"model":"claude-haiku-4-5","max_tokens":256,';

/**
 * The commands that `serve` prints: one plain answer, one streamed.
 * The local token is not in them: they ask for it with `$(... key token)`, so a log that keeps this output holds no token. They work
 * from any folder, and in a shell without zenthrex or Node on its PATH: then both are named by their whole paths.
 */
export function curlExamples(port: number, context: Context): readonly Example[] {
  const write = context.platform === "win32" ? powershell : posix;
  return [
    { title: "A message", command: write(port, false, context) },
    { title: "The same, streamed", command: write(port, true, context) },
  ];
}

function posix(port: number, streams: boolean, context: Context): string {
  const token = `${selfCommand(context).map(quote).join(" ")} key token`;
  return [
    `curl ${streams ? "-sN" : "-s"}${bypass(context)} http://127.0.0.1:${port}/v1/messages \\`,
    `  -H "x-api-key: $(${token})" \\`,
    "  -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' \\",
    `  -d '${HEAD}${streams ? '"stream":true,' : ""}`,
    `       ${MESSAGES}'`,
  ].join("\n");
}

/** The body goes through a pipe: Windows PowerShell 5 and 7 pass quotes in arguments differently. */
function powershell(port: number, streams: boolean, context: Context): string {
  const words = selfCommand(context).map((word) => `'${word.replaceAll("'", "''")}'`);
  return [
    `'${HEAD}${streams ? '"stream":true,' : ""}${MESSAGES}' |`,
    `  curl.exe ${streams ? "-sN" : "-s"}${bypass(context)} http://127.0.0.1:${port}/v1/messages \``,
    `  -H "x-api-key: $(& ${words.join(" ")} key token)" \``,
    "  -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' -d '@-'",
  ].join("\n");
}

/** curl sends loopback traffic to a proxy that the environment names. */
function bypass({ env }: Context): string {
  return ["http_proxy", "all_proxy", "ALL_PROXY"].some((name) => env[name]) ? " --noproxy '*'" : "";
}

/** A word for a POSIX shell, quoted only where it has to be; inside `"$(...)"` quotes count anew. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
