/** What a table has for a key, made with the first question for it. */
export function remembered<K, T>(table: Map<K, T>, key: K, make: () => T): T {
  const known = table.get(key);
  if (known !== undefined) return known;
  const made = make();
  table.set(key, made);
  return made;
}
