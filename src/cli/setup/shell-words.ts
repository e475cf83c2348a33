import type { Context } from "../context.ts";
import { selfCommand } from "../self-command.ts";

/** Shells whose lines we write. */
export type Shell = "bash" | "zsh" | "fish" | "powershell";

/** A text as one word of a shell, whatever is in it. PowerShell takes typographic quotes for quotes too. */
export function quoteFor(shell: Shell, text: string): string {
  switch (shell) {
    case "powershell":
      return `'${text.replace(/['\u2018-\u201b]/g, "$&$&")}'`;
    case "fish":
      return `'${text.replace(/[\\']/g, "\\$&")}'`;
    default:
      return `'${text.replaceAll("'", "'\\''")}'`;
  }
}

/** How this program is called in the shell of this machine: `zenthrex`, or Node and the program, quoted where needed. */
export function shellSelf(context: Context): string {
  const isWindows = context.platform === "win32";
  const words = selfCommand(context);
  const quoted = words.map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : quoteFor(isWindows ? "powershell" : "bash", word),
  );
  return isWindows && quoted[0]?.startsWith("'") ? `& ${quoted.join(" ")}` : quoted.join(" ");
}
