import type { ReadStream, WriteStream } from "node:tty";
import { ZenthrexError } from "../base/errors.ts";

/** Longest text that is read from stdin: a key, an answer. */
const MAX_STDIN_BYTES = 1024 * 1024;

/** Everything that stdin gives, up to 1 MB. Throws: ZX_USAGE when there is more. */
export async function readAll(stdin: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    size += bytes.length;
    if (size > MAX_STDIN_BYTES) throw new ZenthrexError("ZX_USAGE", "stdin holds more than a key: over 1 MB");
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Asks for a line on the terminal. Throws: ZX_USAGE without a terminal, and when the user cancels. */
export async function readLine(stdin: ReadStream, stderr: WriteStream, prompt: string): Promise<string> {
  requireTerminal(stdin, "to answer on");
  // A question before this one let go of it: without this the process would end in front of a waiting user.
  stdin.ref();
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input: stdin, output: stderr });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once("close", () => reject(cancelled()));
      lines.question(prompt, resolve);
    });
  } finally {
    lines.close();
    release(stdin);
  }
}

/**
 * Asks for a line in raw mode, so that the terminal shows nothing of it: not even how long it is.
 * Throws: ZX_USAGE without a terminal, and when the user cancels.
 */
export async function readSecret(stdin: ReadStream, stderr: WriteStream, prompt: string): Promise<string> {
  requireTerminal(stdin, "to ask for the key on");
  stdin.ref();
  // Raw first: who types as soon as the question stands there must not see it echoed, and Ctrl-C must reach us.
  stdin.setRawMode(true);
  stderr.write(prompt);
  stdin.setEncoding("utf8");
  let listener: ((text: string) => void) | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      let typed = "";
      listener = (text) => {
        const state = type(typed, text);
        typed = state.typed;
        if (state.end === "entered") resolve(typed);
        else if (state.end === "cancelled") reject(cancelled());
      };
      stdin.on("data", listener);
      stdin.once("end", () => reject(cancelled()));
      stdin.resume();
    });
  } finally {
    if (listener !== undefined) stdin.off("data", listener);
    stdin.setRawMode(false);
    release(stdin);
    stderr.write("\n");
  }
}

/** What a line in raw mode has become. `end` is set once it is over. */
export interface TypedLine {
  readonly typed: string;
  readonly end?: "entered" | "cancelled";
}

/** Applies what came from a terminal in raw mode to a line: Enter, Ctrl-C, Ctrl-D, Backspace, Ctrl-U; all else is text. */
export function type(line: string, input: string): TypedLine {
  let typed = line;
  for (const character of input) {
    switch (character) {
      case "\r":
      case "\n":
        return { typed, end: "entered" };
      case "\u0003":
        return { typed: "", end: "cancelled" };
      case "\u0004":
        return typed === "" ? { typed, end: "cancelled" } : { typed, end: "entered" };
      case "\u007f":
      case "\b":
        typed = typed.slice(0, -1);
        break;
      case "\u0015":
        typed = "";
        break;
      default:
        typed += character;
    }
  }
  return { typed };
}

/** A terminal that is still read would keep the process alive. */
function release(stdin: ReadStream): void {
  stdin.pause();
  stdin.unref();
}

function requireTerminal(stdin: ReadStream, purpose: string): void {
  if (stdin.isTTY) return;
  throw new ZenthrexError("ZX_USAGE", `there is no terminal ${purpose}`);
}

function cancelled(): ZenthrexError {
  return new ZenthrexError("ZX_USAGE", "cancelled", { fix: "Run the command again when you are ready." });
}
