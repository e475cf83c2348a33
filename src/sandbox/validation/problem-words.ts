/** A problem behind its path, as the real API writes it. */
export const say = (path: string, what: string): string => (path === "" ? what : `${path}: ${what}`);
/** The path of a field or an item. */
export const below = (path: string, key: string | number): string => (path === "" ? `${key}` : `${path}.${key}`);

/** 'a', 'b' or 'c' */
export function oneOf(values: readonly string[], word: string): string {
  const quoted = values.map((value) => `'${value}'`);
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} ${word} ${quoted.at(-1)}`;
}

/** What a value of the wrong type is told, by the type that is wanted. */
export const scalarWords: Readonly<Record<string, string>> = {
  string: "Input should be a valid string",
  boolean: "Input should be a valid boolean",
  integer: "Input should be a valid integer",
  number: "Input should be a valid number",
  array: "Input should be a valid list",
  object: "Input should be a valid dictionary",
};
