import { readUserFile } from "../files/user-file.ts";
import type { LocatedFile } from "./read-located.ts";
import type { ShellVariables } from "./shell-variables.ts";
import type { LayerName, Place } from "./types.ts";

/** A flag of `provider add`, and the key of `crush.json` that it sets. Source: Crush's own skill on its configuration. */
const FLAGS: Readonly<Record<string, string>> = { "--type": "type", "--base-url": "base_url", "--api-key": "api_key" };

/**
 * Reads what a `crushrc` says plainly: `provider add` and `model large|small`, one command a line. It is a script: conditions, functions
 * and what it sources are beyond reading. Undefined where there is none.
 */
export async function readCrushScript(path: string, shell: ShellVariables): Promise<LocatedFile | undefined> {
  const text = (await readUserFile(path).catch(() => undefined))?.content?.text;
  if (text === undefined) return undefined;
  const values: Record<string, Record<string, Record<string, string>>> = { providers: {}, models: {} };
  const lines = new Map<string, number>();
  const layer: LayerName = "script";
  for (const { words, line } of commandsOf(text)) {
    for (const [keys, value] of settingsOf(words)) {
      const [group = "", id = "", name = ""] = keys;
      const text = name === "api_key" ? value : filled(value, shell);
      values[group] = { ...values[group], [id]: { ...values[group]?.[id], [name]: text } };
      lines.set(keys.join("."), line);
    }
  }
  const place = (keys: readonly (string | number)[]): Place => {
    const line = lines.get(keys.join("."));
    return { layer, name: keys.join("."), file: path, ...(line === undefined ? {} : { line }) };
  };
  return { path, layer, text, values, problem: undefined, place };
}

type Setting = readonly [keys: readonly [string, string, string], value: string];

function settingsOf([command, verb, name = "", ...rest]: readonly string[]): Setting[] {
  if (command === "model" && (verb === "large" || verb === "small") && name.includes("/")) {
    const slash = name.indexOf("/");
    return [
      [["models", verb, "provider"], name.slice(0, slash)],
      [["models", verb, "model"], name.slice(slash + 1)],
    ];
  }
  if (command !== "provider" || verb !== "add" || name === "") return [];
  return rest.flatMap((flag, index): Setting[] => {
    const [bare = "", inline] = flag.split(/=(.*)/s);
    const key = FLAGS[bare];
    const value = inline ?? rest[index + 1];
    return key === undefined || value === undefined ? [] : [[["providers", name, key], value]];
  });
}

/** The commands of a script as words, quotes taken off; a backslash at the end of a line goes on in the next. */
function commandsOf(text: string): { words: string[]; line: number }[] {
  const commands: { words: string[]; line: number }[] = [];
  let pending = "";
  let first = 0;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    if (pending === "") first = index + 1;
    const isOpen = raw.endsWith("\\");
    pending += isOpen ? `${raw.slice(0, -1)} ` : raw;
    if (isOpen) continue;
    const words = pending.match(/"(?:[^"\\]|\\.)*"|'[^']*'|#.*|[^\s"'#]\S*/g) ?? [];
    const plain = words.filter((word) => !word.startsWith("#")).map((word) => word.replace(/^(["'])(.*)\1$/s, "$2"));
    if (plain.length > 0) commands.push({ words: plain, line: first });
    pending = "";
  }
  return commands;
}

/** A value that is one variable, as the shell would fill it in. */
function filled(value: string, shell: ShellVariables): string {
  const name = /^\$(?:\{(\w+)[^}]*\}|(\w+))$/.exec(value);
  return name === null ? value : (shell(name[1] ?? name[2] ?? "")?.text ?? value);
}
