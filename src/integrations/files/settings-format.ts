import type { KeyValue, SettingsSyntaxName } from "../types.ts";
import type { JsonSyntax } from "./settings-tree.ts";

/** What stands under a path. `text`: as it is written; "" for what has no text of its own. */
export interface FoundValue {
  readonly value: unknown;
  readonly text: string;
}

/** A text of settings, without byte-order mark, that keys are taken out of step by step. */
export interface SettingsDocument {
  text(): string;
  find(path: readonly string[]): FoundValue | undefined;
  /** Takes a key or a container out. Shape: false when it is written in a way that can't be taken out alone. */
  remove(path: readonly string[]): boolean;
  /** Puts a text in the place of a value. Shape: as for `remove`. */
  replace(path: readonly string[], content: string): boolean;
  /** True when a container holds nothing and no comment; an element of a list may still hold the name that selects it. */
  isBare(path: readonly string[]): boolean;
  /** True when nothing of anybody stays in the text. */
  isEmpty(): boolean;
}

/** True for a value that an earlier change of ours put there: it may be replaced whatever it is. */
export type IsOwnValue = (path: readonly string[], value: unknown) => boolean;

/** How texts of one syntax are read and edited. All of it throws ZX_FILE_INVALID with name:line:column, never with content. */
export interface TextFormat {
  /** The plain values of a text; undefined when it holds none. */
  values(body: string, name: string): unknown;
  open(body: string, name: string): SettingsDocument;
  /** Sets keys; every other byte stays. */
  edit(body: string, set: readonly Pick<KeyValue, "path" | "value">[], name: string, isOwn: IsOwnValue): string;
}

/** What a text is called in errors, and how it is read. YAML and TOML bring their format along, so that their parsers load only when needed. */
export type SettingsSyntax =
  | JsonSyntax
  | { readonly name: string; readonly syntax: "yaml" | "toml"; readonly format: TextFormat };

/** A syntax by its name, with its parser loaded. */
export async function loadSyntax(name: string, syntax: SettingsSyntaxName): Promise<SettingsSyntax> {
  if (syntax === "yaml") return { name, syntax, format: (await import("./yaml-format.ts")).yamlFormat };
  if (syntax === "toml") return { name, syntax, format: (await import("./toml-format.ts")).tomlFormat };
  return { name, syntax };
}
