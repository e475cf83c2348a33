import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Two keys as the hosted API might hand them out: plain, and with everything that a bearer token may hold. */
export const canaryKeys = {
  plain: "zk_live_CANARYkey0123456789abcdefCANARYend",
  odd: "zk_live/CANARYkey+01~23.45/67-89_abcCANARY==",
} as const;

/** Stands in prompts, answers, tool calls and their results. */
export const canaryPrompt = "CANARYPROMPT-quince-zebra";

/** Every way in which a key may be spelt: as it is, in a URL, in JSON, in base64, and its beginning alone. */
export function spellingsOf(key: string): readonly string[] {
  const base64 = [0, 1, 2].map((shift) => {
    // Behind `user:` or a blank the same bytes are spelt in two other ways; what the neighbours change is cut off.
    const text = Buffer.from(`${"x".repeat(shift)}${key}`).toString("base64");
    return text.slice(shift === 0 ? 0 : 4, 4 * Math.floor((shift + key.length) / 3) - 4);
  });
  const beginning = key.slice("zk_".length, "zk_".length + 12);
  const spellings = [
    key,
    encodeURIComponent(key),
    key.replaceAll("/", "\\/"),
    ...base64,
    ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
    Buffer.from(key).toString("hex"),
    beginning,
    encodeURIComponent(beginning),
    beginning.replaceAll("/", "\\/"),
  ];
  return [...new Set(spellings)];
}

/** Where one of the words stands in a text, with what is around it; undefined where none does. */
export function foundIn(text: string, words: readonly string[]): string | undefined {
  for (const word of words) {
    const at = text.indexOf(word);
    if (at >= 0) return text.slice(Math.max(0, at - 120), at + word.length + 60);
  }
  return undefined;
}

/** The files below a folder that hold one of the words, also in their names. Shape: path below it, and what is around the word. */
export function filesWith(folder: string, words: readonly string[], except: readonly string[] = []): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    if (except.includes(path)) return [];
    const found = foundIn(entry.isFile() ? `${path}\n${readFileSync(path, "latin1")}` : path, words);
    return found === undefined ? [] : [`${path}: ${found}`];
  });
}

/** What anybody who lists processes sees of one: its arguments. */
export function argumentsOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "latin1");
}
