import { getNodeValue } from "jsonc-parser";
import { ZenthrexError } from "../../base/errors.ts";
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { settingsTree } from "../files/settings-tree.ts";
import { readUserFile } from "../files/user-file.ts";

/** A settings file as a tool would read it. `problem`: why the tool can't; never with content. */
export interface Layer {
  readonly path: string;
  readonly text: string | undefined;
  readonly values: JsonObject;
  readonly problem: string | undefined;
}

/** Reads a settings file, strict JSON unless said otherwise; an absent, unreadable or invalid one has no values. */
export async function readLayer(path: string, syntax: "json" | "jsonc" = "json"): Promise<Layer> {
  let text: string | undefined;
  try {
    text = (await readUserFile(path)).content?.text;
    const body = (text ?? "").replace(/^\ufeff/, "");
    const tree = settingsTree(body, { name: path, syntax });
    if (tree === undefined) return { path, text, values: {}, problem: undefined };
    const values: unknown = syntax === "json" ? JSON.parse(body) : getNodeValue(tree);
    if (isJsonObject(values)) return { path, text, values, problem: undefined };
    return { path, text, values: {}, problem: `${path}:1:1: the top level is not an object` };
  } catch (error) {
    if (!(error instanceof ZenthrexError)) throw error;
    return { path, text, values: {}, problem: error.message };
  }
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
