import { readUserFile } from "../files/user-file.ts";
import type { Found, LayerName } from "./types.ts";

/** Reads a `.env` file: plain assignments, quotes taken off. An absent or unreadable one sets nothing. */
export async function readDotEnv(path: string, layer: LayerName): Promise<(name: string) => Found | undefined> {
  const text = (await readUserFile(path).catch(() => undefined))?.content?.text ?? "";
  const found = new Map<string, Found>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [, lead, name, raw] = /^(\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*)(.*)$/.exec(line) ?? [];
    if (lead === undefined || name === undefined || raw === undefined) continue;
    const value = /^(["'])(.*)\1\s*(?:#.*)?$/.exec(raw)?.[2] ?? raw.replace(/\s+#.*$/, "").trim();
    const place = { layer, name, file: path, line: index + 1, column: lead.length + 1 };
    found.set(name, { text: value, place, overridden: [] });
  }
  return (name) => found.get(name);
}
