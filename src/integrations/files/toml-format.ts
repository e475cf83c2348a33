import { isDeepStrictEqual } from "node:util";
import { parse, TomlDate, TomlError } from "smol-toml";
import { ZenthrexError } from "../../base/errors.ts";
import type { Json } from "../../base/json.ts";
import { requireSameValues } from "./same-values.ts";
import type { FoundValue, IsOwnValue, SettingsDocument, TextFormat } from "./settings-format.ts";
import { invalidAt } from "./settings-tree.ts";
import { lineEndAt, lineEndOf, lineStartAt, withoutLines } from "./text-lines.ts";
import { type TomlStatement, tomlStatements } from "./toml-statements.ts";

/**
 * TOML: read and proven with smol-toml, edited as text. A key goes behind the last one of its table, a table that isn't there is
 * appended as a block; comments, order and spelling of everything else stay.
 */
export const tomlFormat: TextFormat = {
  values: (body, name) => (body.trim() === "" ? undefined : tomlValues(body, name)),
  open: (body, name) => openTomlDocument(body, name),
  edit(body, set, name, isOwn) {
    const before = tomlValues(body, name);
    let text = body;
    for (const { path, value } of set) text = withKey(text, path, value, name, isOwn);
    requireSameValues(before, set, tomlValues(text, name), name);
    return text;
  },
};

/** A text with its statements, read once. */
interface ParsedToml {
  readonly text: string;
  readonly values: object;
  readonly statements: readonly TomlStatement[];
}

function parsed(text: string, name: string): ParsedToml {
  return { text, values: tomlValues(text, name), statements: tomlStatements(text) };
}

function tomlValues(text: string, name: string): object {
  try {
    return plain(parse(text, { integersAsBigInt: "asNeeded" })) as object;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new ZenthrexError("ZX_FILE_INVALID", `${name}:${error.line}:${error.column}: not valid TOML`);
  }
}

/** Dates and large integers as texts that can't be mistaken for others. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return `integer ${value}`;
  if (value instanceof TomlDate) return `date ${value.toISOString()}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function openTomlDocument(body: string, name: string): SettingsDocument {
  let now = parsed(body, name);
  const rewrite = (text: string): true => {
    now = parsed(text, name);
    return true;
  };
  return {
    text: () => now.text,
    find: (path) => found(now, path),
    replace(path, content) {
      const pair = pairAt(now, path);
      if (pair === undefined) return false;
      return rewrite(now.text.slice(0, pair.valueStart) + content + now.text.slice(pair.end));
    },
    remove(path) {
      const below = ({ path: other }: TomlStatement): boolean => startsWith(other, path);
      // The last first: what stands before it keeps its place.
      const own = now.statements.filter(below);
      if (valueIn(now.values, path) !== undefined && own.length === 0 && pairAbove(now, path) !== undefined)
        return false;
      for (const statement of own.reverse()) rewrite(withoutStatement(now.text, statement));
      return true;
    },
    isBare(path) {
      const own = now.statements.filter(({ path: other }) => startsWith(other, path));
      return own.every((statement) => isBareHeader(now.text, statement, path));
    },
    isEmpty: () => now.text.trim() === "",
  };
}

function found({ text, values, statements }: ParsedToml, path: readonly string[]): FoundValue | undefined {
  const value = valueIn(values, path);
  if (value === undefined) return undefined;
  const pair = pairAt({ text, values, statements }, path);
  return { value, text: pair === undefined ? "" : text.slice(pair.valueStart, pair.end) };
}

function withKey(text: string, path: readonly string[], value: Json, name: string, isOwn: IsOwnValue): string {
  const now = parsed(text, name);
  const present = valueIn(now.values, path);
  if (isDeepStrictEqual(present, value)) return text;
  if (present === undefined) {
    requireTables(now, path, name);
    return withNewKey(now, path, value);
  }
  const pair = pairAt(now, path);
  if (pair === undefined) {
    const inline = pairAbove(now, path);
    if (inline !== undefined) throw notATable(now, inline, name);
    const header = now.statements.find(({ path: other }) => startsWith(other, path));
    throw invalidAt(text, header?.start ?? 0, name, `"${path.join(".")}" is a table, not a value`);
  }
  if (!isOwn(path, present) && !["string", "number", "boolean"].includes(typeof present))
    throw invalidAt(text, pair.start, name, `"${path.join(".")}" is an array or a table, not a plain value`);
  return text.slice(0, pair.valueStart) + tomlText(value) + text.slice(pair.end);
}

/** What lies above a new key must be tables that can be added to. */
function requireTables(now: ParsedToml, path: readonly string[], name: string): void {
  for (let depth = 1; depth < path.length; depth++) {
    const above = path.slice(0, depth);
    const value = valueIn(now.values, above);
    if (value === undefined) return;
    const statement =
      pairAt(now, above) ??
      now.statements.find(({ kind, path: other }) => kind === "array-table" && isSame(other, above));
    if (statement !== undefined) throw notATable(now, statement, name);
  }
}

function notATable({ text }: ParsedToml, { path, start }: TomlStatement, name: string): ZenthrexError {
  return invalidAt(
    text,
    start,
    name,
    `"${path.join(".")}" is not a table with a header of its own: write it as [${path.join(".")}]`,
  );
}

function withNewKey(now: ParsedToml, path: readonly string[], value: Json): string {
  const { text, statements } = now;
  const table = path.slice(0, -1);
  const line = `${tomlKey(path.at(-1) ?? "")} = ${tomlText(value)}`;
  const header = statements.findLast((statement) => statement.kind === "table" && isSame(statement.path, table));
  const inTable = statements.filter((statement) => statement.kind === "pair" && isSame(statement.table, table));
  const last = inTable.at(-1) ?? header;
  if (last !== undefined) return insertedBehind(text, last, line);
  if (table.length === 0) return withFirstKey(text, statements[0], line);
  // A table that was begun with dotted keys can't get a header any more.
  const dotted = statements.findLast(
    ({ kind, path: other, table: own }) => kind === "pair" && startsWith(other, table) && own.length < table.length,
  );
  if (dotted !== undefined) {
    const keys = path.slice(dotted.table.length).map(tomlKey).join(".");
    return insertedBehind(text, dotted, `${keys} = ${tomlText(value)}`);
  }
  return withBlock(text, [`[${table.map(tomlKey).join(".")}]`, line]);
}

function insertedBehind(text: string, { start, end }: TomlStatement, line: string): string {
  const indent = /^[ \t]*/.exec(text.slice(lineStartAt(text, start), start))?.[0] ?? "";
  const at = lineEndAt(text, end);
  return text.slice(0, at) + lineEndOf(text, at) + indent + line + text.slice(at);
}

/** The first key of the top level: in front of the first table, but behind a comment that heads the file. */
function withFirstKey(text: string, first: TomlStatement | undefined, line: string): string {
  if (first === undefined) return withBlock(text, [line]);
  const heading = /^(?:[ \t]*#[^\n]*\n)+(?=[ \t]*\r?\n)/.exec(text)?.[0].length ?? 0;
  const at = heading <= first.start ? heading : 0;
  return `${text.slice(0, at)}${line}${lineEndOf(text)}${text.slice(at)}`;
}

/** Lines at the end of a text, after an empty one; a missing final line end stays missing. */
function withBlock(text: string, lines: readonly string[]): string {
  const eol = lineEndOf(text);
  if (text.trim() === "") return lines.map((line) => line + eol).join("");
  const isEnded = text.endsWith("\n");
  return `${text}${isEnded ? "" : eol}${eol}${lines.join(eol)}${isEnded ? eol : ""}`;
}

/** A statement's lines go; a comment behind it stays. */
function withoutStatement(text: string, { kind, start, end }: TomlStatement): string {
  const rest = text.slice(end, lineEndAt(text, end));
  if (rest.trim() !== "") return text.slice(0, start) + text.slice(end + (rest.length - rest.trimStart().length));
  const removed = withoutLines(text, start, end);
  if (kind === "pair") return removed;
  // The empty line in front of a header came with it; where nothing follows, it is by now a line end too many.
  if (removed.length < lineStartAt(text, start)) return removed.replace(/\r?\n$/, "");
  const at = Math.min(lineStartAt(text, start), removed.length);
  const blank = /(?:^|\n)(\r?\n)$/.exec(removed.slice(0, at))?.[1] ?? "";
  return removed.slice(0, at - blank.length) + removed.slice(at);
}

/** A header of the very table, with no comment beside or right below it. */
function isBareHeader(text: string, { kind, path, end }: TomlStatement, table: readonly string[]): boolean {
  if (kind !== "table" || !isSame(path, table)) return false;
  return /^[ \t]*(?:$|\r?\n(?![ \t]*#))/.test(text.slice(end));
}

function pairAt({ statements }: ParsedToml, path: readonly string[]): TomlStatement | undefined {
  return statements.find((statement) => statement.kind === "pair" && isSame(statement.path, path));
}

/** The pair whose inline table or array a path leads into. */
function pairAbove({ statements }: ParsedToml, path: readonly string[]): TomlStatement | undefined {
  return statements.find((statement) => statement.kind === "pair" && startsWith(path, statement.path));
}

function valueIn(values: object, path: readonly string[]): unknown {
  let value: unknown = values;
  for (const key of path) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
      return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function tomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : tomlString(key);
}

function tomlText(value: Json): string {
  if (typeof value === "string") return tomlString(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(tomlText).join(", ")}]`;
  return `{ ${Object.entries(value)
    .map(([key, item]) => `${tomlKey(key)} = ${tomlText(item)}`)
    .join(", ")} }`;
}

/** JSON's escapes are TOML's too, but for DEL, which TOML wants escaped. */
function tomlString(value: string): string {
  return JSON.stringify(value).replaceAll("\u007f", "\\u007f");
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && startsWith(left, right);
}

function startsWith(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.length <= path.length && prefix.every((key, index) => path[index] === key);
}
