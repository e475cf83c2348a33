import { redact } from "../../base/redact.ts";
import type { Place } from "./types.ts";

const LAYERS: Readonly<Record<Place["layer"], string>> = {
  shell: "the shell",
  user: "your settings",
  "vs-code": "VS Code's settings",
  project: "this project's settings",
  "project-local": "this project's local settings",
  script: "your settings' script",
  "command-line": "the command line's file",
  managed: "your administrator's settings",
};

/** A place in words: "ANTHROPIC_BASE_URL in your settings (/home/u/.claude/settings.json:4:27)". */
export function showPlace(place: Place): string {
  const where = placeAddress(place);
  const name = place.name === "" ? "" : `${place.name} in `;
  return `${name}${LAYERS[place.layer]}${where === undefined ? "" : ` (${where})`}`;
}

/** "file:line:column" as editors jump to; undefined without a file. */
export function placeAddress({ file, line, column }: Place): string | undefined {
  if (file === undefined) return undefined;
  if (line === undefined) return file;
  return column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;
}

/** A layer in words. */
export function showLayer({ layer }: Pick<Place, "layer">): string {
  return LAYERS[layer];
}

/** An address as it may be printed: no user, no password, no key, nothing that steers a terminal; white space and quotes stay visible. */
export function showBase(text: string): string {
  const bare = redact(text)
    .replace(/(\/\/)[^/@\s]*@/, "$1...@")
    .replace(/([?&][^=&#]*=)[^&#]+/g, "$1...");
  const isPlain = /^[\x21-\x7e]*$/.test(bare) && !/["'`]/.test(bare);
  return isPlain ? bare : `"${escapeOdd(bare)}"`;
}

function escapeOdd(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
