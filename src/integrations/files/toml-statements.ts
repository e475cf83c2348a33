import { parse } from "smol-toml";
import { lineEndAt } from "./text-lines.ts";

/** A pair or a table header of a TOML text. Units: offsets into the text. */
export interface TomlStatement {
  readonly kind: "pair" | "table" | "array-table";
  /** The header's path, or the whole path of a pair: its table's and its own keys. */
  readonly path: readonly string[];
  /** The table that a pair stands in; for a header its own path. */
  readonly table: readonly string[];
  readonly start: number;
  /** Of the value; of a header, where it begins. */
  readonly valueStart: number;
  readonly end: number;
}

/** The statements of a text in their order. The text must be valid TOML: this finds places, it doesn't judge. */
export function tomlStatements(text: string): TomlStatement[] {
  const statements: TomlStatement[] = [];
  let table: readonly string[] = [];
  let position = nextStatement(text, 0);
  while (position < text.length) {
    const start = position;
    if (text[start] === "[") {
      const isArray = text[start + 1] === "[";
      const header = keysFrom(text, start + (isArray ? 2 : 1));
      table = header.keys;
      const end = header.end + (isArray ? 2 : 1);
      statements.push({ kind: isArray ? "array-table" : "table", path: table, table, start, valueStart: start, end });
      position = end;
    } else {
      const { keys, end: equals } = keysFrom(text, start);
      const valueStart = skip(text, equals + 1, /[ \t]/);
      const end = valueEnd(text, valueStart);
      statements.push({ kind: "pair", path: [...table, ...keys], table, start, valueStart, end });
      position = end;
    }
    position = nextStatement(text, position);
  }
  return statements;
}

/** A key path and where it ends: at "]" or "=". */
function keysFrom(text: string, from: number): { keys: string[]; end: number } {
  const keys: string[] = [];
  let position = skip(text, from, /[ \t]/);
  while (position < text.length && text[position] !== "]" && text[position] !== "=") {
    const quote = text[position];
    const isQuoted = quote === '"' || quote === "'";
    const end = isQuoted ? stringEnd(text, position) : skip(text, position, /[A-Za-z0-9_-]/);
    keys.push(isQuoted ? unquoted(text.slice(position, end)) : text.slice(position, end));
    position = skip(text, Math.max(end, position + 1), /[ \t.]/);
  }
  return { keys, end: position };
}

function unquoted(key: string): string {
  return Object.keys(parse(`${key} = 0`))[0] ?? "";
}

function nextStatement(text: string, from: number): number {
  let position = skip(text, from, /\s/);
  while (text[position] === "#") position = skip(text, lineEndAt(text, position), /\s/);
  return position;
}

function valueEnd(text: string, from: number): number {
  const first = text[from];
  if (first === '"' || first === "'") return stringEnd(text, from);
  if (first === "[" || first === "{") return bracketEnd(text, from);
  let end = skip(text, from, /[^\r\n#]/);
  while (/[ \t]/.test(text[end - 1] ?? "")) end--;
  return end;
}

function bracketEnd(text: string, from: number): number {
  let depth = 0;
  for (let position = from; position < text.length; ) {
    const at = text[position];
    if (at === '"' || at === "'") position = stringEnd(text, position);
    else if (at === "#") position = lineEndAt(text, position);
    else {
      if (at === "[" || at === "{") depth++;
      if (at === "]" || at === "}") depth--;
      position++;
      if (depth === 0) return position;
    }
  }
  return text.length;
}

/** Behind the closing quotes of a string of any of the four kinds. */
function stringEnd(text: string, from: number): number {
  const quote = text[from] ?? "";
  const isLong = text.startsWith(quote.repeat(3), from);
  const closing = isLong ? quote.repeat(3) : quote;
  for (let position = from + closing.length; position < text.length; position++) {
    if (quote === '"' && text[position] === "\\") position++;
    else if (text.startsWith(closing, position)) {
      let end = position + closing.length;
      // Up to two more quotes belong to the text: """a"""" is a".
      while (isLong && text[end] === quote && end < position + 5) end++;
      return end;
    }
  }
  return text.length;
}

function skip(text: string, from: number, wanted: RegExp): number {
  let position = from;
  while (position < text.length && wanted.test(text[position] ?? "")) position++;
  return position;
}
