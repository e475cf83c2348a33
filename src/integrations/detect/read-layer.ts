import { getNodeValue } from "jsonc-parser";
import { ZenthrexError } from "../../base/errors.ts";
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { loadSyntax } from "../files/settings-format.ts";
import { settingsTree } from "../files/settings-tree.ts";
import { readUserFile } from "../files/user-file.ts";
import type { SettingsSyntaxName } from "../types.ts";

/** A settings file as a tool would read it. `problem`: why the tool can't; never with content. */
export interface Layer {
  readonly path: string;
  readonly text: string | undefined;
  readonly values: JsonObject;
  /** The top level, where it is a list. */
  readonly list?: readonly unknown[];
  readonly problem: string | undefined;
}

/** Reads a settings file, strict JSON unless said otherwise; an absent, unreadable or invalid one has no values. */
export async function readLayer(path: string, syntaxName: SettingsSyntaxName = "json"): Promise<Layer> {
  let text: string | undefined;
  try {
    text = (await readUserFile(path)).content?.text;
    const values = await valuesOf((text ?? "").replace(/^\ufeff/, ""), path, syntaxName);
    if (values === undefined) return { path, text, values: {}, problem: undefined };
    if (isJsonObject(values)) return { path, text, values, problem: undefined };
    const problem = `${path}:1:1: the top level is not an object`;
    return Array.isArray(values)
      ? { path, text, values: {}, list: values, problem }
      : { path, text, values: {}, problem };
  } catch (error) {
    if (!(error instanceof ZenthrexError)) throw error;
    return { path, text, values: {}, problem: error.message };
  }
}

async function valuesOf(body: string, path: string, name: SettingsSyntaxName): Promise<unknown> {
  const syntax = await loadSyntax(path, name);
  if ("format" in syntax) return syntax.format.values(body, path);
  const tree = settingsTree(body, syntax);
  if (tree === undefined) return undefined;
  return name === "json" ? JSON.parse(body) : getNodeValue(tree);
}

/** The `env` block of a layer: its plain values as texts. */
export function envOf(layer: Pick<Layer, "values">): Readonly<Record<string, string>> {
  const env = layer.values["env"];
  if (!isJsonObject(env)) return {};
  const plain = Object.entries(env).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
  return Object.fromEntries(plain.map(([name, value]) => [name, String(value)]));
}

/** The values of a strict JSON text that was read before; none where it can't be read: applying refuses it with line and column. */
export function valuesIn(text: string | undefined): JsonObject {
  try {
    const values: unknown = JSON.parse((text ?? "").replace(/^\ufeff/, ""));
    return isJsonObject(values) ? values : {};
  } catch {
    return {};
  }
}
