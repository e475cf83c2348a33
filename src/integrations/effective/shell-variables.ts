import { posix, win32 } from "node:path";
import { readUserFile } from "../files/user-file.ts";
import type { IntegrationContext } from "../types.ts";
import type { Found, Place } from "./types.ts";

// Where people export variables, the file that is read last first. Source: the manuals of bash, zsh and fish.
const START_UP_FILES = [
  ".zshrc",
  ".zprofile",
  ".zshenv",
  ".bashrc",
  ".bash_profile",
  ".bash_login",
  ".profile",
  ".config/fish/config.fish",
  ".bash_aliases",
];

/** The variables of the shell, each with the line of a start-up file that sets it, where one does. */
export type ShellVariables = (name: string) => Found | undefined;

/** Reads the shell's start-up files once. The environment decides; a file's line is named only where it sets what is set. */
export async function shellVariables(context: IntegrationContext): Promise<ShellVariables> {
  const files = await startUpFiles(context);
  return (name) => {
    const text = context.env[name];
    if (text === undefined) return undefined;
    return { text, place: placeOf(name, text, files), overridden: [] };
  };
}

interface StartUpFile {
  readonly path: string;
  readonly lines: readonly string[];
}

async function startUpFiles({ home, platform }: IntegrationContext): Promise<StartUpFile[]> {
  const path = platform === "win32" ? win32 : posix;
  if (platform === "win32" || !path.isAbsolute(home)) return [];
  const read = START_UP_FILES.map(async (name) => {
    const file = path.join(home, name);
    const text = (await readUserFile(file).catch(() => undefined))?.content?.text;
    return text === undefined ? [] : [{ path: file, lines: text.split("\n") }];
  });
  return (await Promise.all(read)).flat();
}

function placeOf(name: string, text: string, files: readonly StartUpFile[]): Place {
  const pattern = new RegExp(`^\\s*(?:export\\s+|set\\s+-\\w+\\s+|typeset\\s+-x\\s+)?${name}(?:=|\\s+)(["']?)(.*)$`);
  for (const { path, lines } of files) {
    for (let index = lines.length - 1; index >= 0; index--) {
      const line = lines[index] ?? "";
      const match = pattern.exec(line);
      // Another value than the one in force comes from somewhere else, or is built at run time.
      if (match?.[2]?.startsWith(text) !== true || text === "") continue;
      const column = line.indexOf(text, line.indexOf(name) + name.length) + 1;
      return { layer: "shell", name, file: path, line: index + 1, column };
    }
  }
  return { layer: "shell", name };
}
