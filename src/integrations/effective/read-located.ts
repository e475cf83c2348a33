import { getNodeValue, type Node } from "jsonc-parser";
import { ZenthrexError } from "../../base/errors.ts";
import { isJsonObject, type JsonObject, lineAndColumn } from "../../base/json.ts";
import { readLayer } from "../detect/read-layer.ts";
import { memberOf, settingsTree } from "../files/settings-tree.ts";
import { readUserFile } from "../files/user-file.ts";
import type { LayerName, Place } from "./types.ts";

/** The syntaxes of settings files. */
export type FileSyntax = "json" | "jsonc" | "yaml" | "toml";

/** A settings file as its tool reads it, with the place of every value. */
export interface LocatedFile {
  readonly path: string;
  readonly layer: LayerName;
  /** Undefined: there is none, or it can't be read. */
  readonly text: string | undefined;
  readonly values: JsonObject | readonly unknown[];
  /** Why its tool can't read it; never with content. */
  readonly problem: FileProblem | undefined;
  /** Where a value stands. Shape: the file's place alone when it isn't found. */
  place(path: readonly (string | number)[]): Place;
}

/** What is wrong with a file. `kind`: bytes that are no settings, or a file that can't be opened. */
export interface FileProblem {
  readonly kind: "invalid" | "unreadable";
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
  /** What to do at that place, where it is one of the usual mistakes. */
  readonly remedy?: string;
}

type Locate = (path: readonly (string | number)[]) => number | undefined;

/** Reads a settings file; an absent, unreadable or invalid one has no values. */
export async function readLocated(path: string, layer: LayerName, syntax: FileSyntax): Promise<LocatedFile> {
  const read = syntax === "json" || syntax === "jsonc" ? readJson(path, syntax) : readOther(path, syntax);
  const { text, values, problem, locate } = await read;
  return {
    path,
    layer,
    text,
    values,
    problem,
    place: (keys) => {
      const offset = locate(keys);
      const at = offset === undefined ? {} : lineAndColumn(bodyOf(text), offset);
      const key = keys.length > 0 ? { syntax, keys: pathOf(values, keys) } : {};
      return { layer, name: keys.join("."), file: path, ...at, ...key };
    },
  };
}

/** Settings that a variable carries whole, as JSON with comments: read as a file of that name, which no edit can go to. */
export function inlineSettings(variable: string, text: string, layer: LayerName): LocatedFile {
  const path = `$${variable}`;
  const at = (keys: readonly (string | number)[]): Place => ({ layer, name: keys.join("."), file: path });
  try {
    const tree = settingsTree(text, { name: path, syntax: "jsonc" });
    const values: unknown = tree === undefined ? {} : getNodeValue(tree);
    return { path, layer, text, values: isJsonObject(values) ? values : {}, problem: undefined, place: at };
  } catch (error) {
    if (!(error instanceof ZenthrexError)) throw error;
    return { path, layer, text, values: {}, problem: problemOf(path, error.message, text), place: at };
  }
}

/** A path as edits have it: an element of a list goes by the name that it alone has there, else by its place. */
function pathOf(values: unknown, keys: readonly (string | number)[]): string[] {
  let node = values;
  return keys.map((segment) => {
    const parent = node;
    if (typeof segment === "string") {
      node = isJsonObject(parent) && Object.hasOwn(parent, segment) ? parent[segment] : undefined;
      return segment;
    }
    const elements: readonly unknown[] = Array.isArray(parent) ? parent : [];
    node = elements[segment];
    const name = nameOf(node);
    const isAlone = name !== undefined && elements.filter((element) => nameOf(element) === name).length === 1;
    return isAlone ? `[name=${name}]` : `[${segment}]`;
  });
}

function nameOf(element: unknown): string | undefined {
  const name = isJsonObject(element) ? element["name"] : undefined;
  return typeof name === "string" ? name : undefined;
}

/** The values of a file whose top level is an object. */
export function objectOf({ values }: Pick<LocatedFile, "values">): JsonObject {
  return isJsonObject(values) ? values : {};
}

interface Parsed {
  readonly text: string | undefined;
  readonly values: JsonObject | readonly unknown[];
  readonly problem: FileProblem | undefined;
  readonly locate: Locate;
}

/** As the tools themselves do, by the reader that setup has. A list at the top is what VS Code's model file is. */
async function readJson(path: string, syntax: "json" | "jsonc"): Promise<Parsed> {
  const layer = await readLayer(path, syntax);
  const { text } = layer;
  let tree: Node | undefined;
  try {
    tree = settingsTree(bodyOf(text), { name: path, syntax });
  } catch {
    tree = undefined;
  }
  const locate: Locate = (keys) => (tree === undefined ? undefined : nodeAt(tree, keys)?.offset);
  if (tree?.type === "array") {
    return { text, values: getNodeValue(tree) as unknown[], problem: undefined, locate };
  }
  const problem = layer.problem === undefined ? undefined : problemOf(path, layer.problem, text);
  return { text, values: layer.values, problem: problem && { ...problem, ...remedyOf(problem, text) }, locate };
}

/** Strict JSON is mostly left for a comment, or for a comma behind the last value; any JSON for a comma that is missing. */
function remedyOf({ line, column }: FileProblem, text: string | undefined): Pick<FileProblem, "remedy"> {
  if (line === undefined || column === undefined) return {};
  const lines = bodyOf(text).split("\n");
  const before = [...lines.slice(0, line - 1), lines[line - 1]?.slice(0, column - 1) ?? ""].join("\n");
  const behind = lines[line - 1]?.slice(column - 1) ?? "";
  if (/^(<{7}|={7}|>{7})/.test(behind)) return { remedy: "finish the merge: take out <<<<<<<, ======= and >>>>>>>" };
  if (/^'/.test(behind)) return { remedy: "write double quotes in the place of single ones" };
  if (/^[\u2018-\u201f]/.test(behind)) return { remedy: "write straight quotes in the place of curly ones" };
  if (/^\/[/*]/.test(behind)) return { remedy: "take out the comment that begins there" };
  if (/^[}\]]/.test(behind) && /,\s*$/.test(before)) return { remedy: "take out the comma before it" };
  return /^["{[]/.test(behind) && /["}\]\w]\s*$/.test(before) ? { remedy: "put a comma before it" } : {};
}

async function readOther(path: string, syntax: "yaml" | "toml"): Promise<Parsed> {
  let text: string | undefined;
  try {
    text = (await readUserFile(path)).content?.text;
  } catch (error) {
    if (!(error instanceof ZenthrexError)) throw error;
    return { text, values: {}, problem: problemOf(path, error.message, text), locate: () => undefined };
  }
  const body = bodyOf(text);
  if (body.trim() === "") return { text, values: {}, problem: undefined, locate: () => undefined };
  return { text, ...(syntax === "yaml" ? await parseYaml(body) : await parseToml(body)) };
}

async function parseYaml(body: string): Promise<Omit<Parsed, "text">> {
  const { LineCounter, isNode, parseDocument } = await import("yaml");
  const document = parseDocument(body, { lineCounter: new LineCounter(), prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, column } = lineAndColumn(body, error.pos[0]);
    const remedy =
      error.code === "TAB_AS_INDENT" ? { remedy: "put spaces in the place of the tab, as in the lines around it" } : {};
    const problem: FileProblem = { kind: "invalid", message: "not valid YAML", line, column, ...remedy };
    return { values: {}, problem, locate: () => undefined };
  }
  const values: unknown = document.toJS({ maxAliasCount: 100 });
  const locate: Locate = (keys) => {
    const node = document.getIn(keys, true);
    return isNode(node) ? node.range?.[0] : undefined;
  };
  return { values: isJsonObject(values) ? values : {}, problem: undefined, locate };
}

async function parseToml(body: string): Promise<Omit<Parsed, "text">> {
  const { parse, TomlError } = await import("smol-toml");
  try {
    return { values: parse(body) as JsonObject, problem: undefined, locate: (keys) => offsetInToml(body, keys) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const at = { kind: "invalid", message: "not valid TOML", line: error.line, column: error.column } as const;
    const twice = /redefine/.test(error.message) ? { remedy: "that key or table is there already: take one out" } : {};
    return { values: {}, problem: { ...at, ...remedyOf(at, body), ...twice }, locate: () => undefined };
  }
}

/** The parser keeps no positions: tables and keys are found by their lines, which is how everybody writes them. */
function offsetInToml(body: string, keys: readonly (string | number)[]): number | undefined {
  let table: readonly string[] = [];
  let offset = 0;
  for (const line of body.split("\n")) {
    const header = /^\s*\[([^[\]]+)\]\s*(?:#.*)?\r?$/.exec(line)?.[1];
    if (header !== undefined) table = header.split(".").map((part) => part.trim().replace(/^["']|["']$/g, ""));
    const [whole, name] = /^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[\w-]+)*)\s*=\s*/.exec(line) ?? [];
    if (whole !== undefined && name !== undefined) {
      const path = [...table, ...name.split(".").map((part) => part.trim().replace(/^["']|["']$/g, ""))];
      if (path.length === keys.length && path.every((part, index) => part === String(keys[index]))) {
        return offset + whole.length;
      }
    }
    offset += line.length + 1;
  }
  return undefined;
}

function nodeAt(root: Node, keys: readonly (string | number)[]): Node | undefined {
  let node: Node | undefined = root;
  for (const key of keys) {
    if (node === undefined) return undefined;
    node = typeof key === "number" ? node.children?.[key] : memberOf(node, key)?.value;
  }
  return node;
}

/** Messages of the readers begin with "path:line:column: ". */
function problemOf(path: string, message: string, text: string | undefined): FileProblem {
  const rest = message.startsWith(path) ? message.slice(path.length) : message;
  const [, line, column, reason] = /^:(\d+):(\d+): (.*)$/s.exec(rest) ?? [];
  const kind = text === undefined && line === undefined ? "unreadable" : "invalid";
  if (line === undefined || column === undefined || reason === undefined) return { kind, message };
  return { kind, message: reason, line: Number(line), column: Number(column) };
}

function bodyOf(text: string | undefined): string {
  return (text ?? "").replace(/^\ufeff/, "");
}
