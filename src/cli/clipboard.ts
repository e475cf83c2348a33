import { ZenthrexError } from "../base/errors.ts";
import type { Context } from "./context.ts";

/** A program that puts its stdin on the clipboard. */
interface Clipboard {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * Puts a text on the clipboard, by the stdin of whichever program there is: arguments could be read by others.
 * Shape: the program's name. Throws: ZX_CHECK_FAILED when none works.
 */
export async function copyToClipboard(text: string, context: Context): Promise<string> {
  for (const { file, args } of clipboards(context)) {
    const { exitCode } = await context.exec(file, args, { input: text });
    if (exitCode === 0) return file;
  }
  const programs = clipboards(context).map(({ file }) => file);
  throw new ZenthrexError("ZX_CHECK_FAILED", `no clipboard here: none of ${programs.join(", ")} worked`, {
    fix: "Install one of them, or copy the key from the dashboard; over SSH there is no clipboard to reach.",
  });
}

function clipboards({ platform, env }: Context): readonly Clipboard[] {
  if (platform === "darwin") return [{ file: "pbcopy", args: [] }];
  if (platform === "win32") return [{ file: "clip", args: [] }];
  const wayland: Clipboard = { file: "wl-copy", args: ["--trim-newline"] };
  const x11: readonly Clipboard[] = [
    { file: "xclip", args: ["-selection", "clipboard"] },
    { file: "xsel", args: ["--clipboard", "--input"] },
  ];
  // In WSL the clipboard that people paste from is that of Windows.
  const windows: Clipboard = { file: "clip.exe", args: [] };
  return env["WAYLAND_DISPLAY"] ? [wayland, ...x11, windows] : [...x11, wayland, windows];
}
