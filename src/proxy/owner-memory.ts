import { hash } from "node:crypto";

/** Callers with keys of their own are few, but anybody may claim to be one: the oldest are forgotten. */
const maxOwners = 8;

/** Something for each caller that has a key of its own. */
export interface OwnerMemory<Kept> {
  /** What is kept for a caller; something empty where nothing is, and nobody else's place is taken for it. */
  of(key: string): Kept;
  /** The same, to put something in: for a key that the upstream has answered. The least recently used of nine owners is forgotten. */
  toKeepIn(key: string): Kept;
}

/** Makes an empty memory. */
export function createOwnerMemory<Kept>(createEmpty: () => Kept): OwnerMemory<Kept> {
  const owners = new Map<string, Kept>();
  const nameOf = (key: string): string => hash("sha256", key, "base64url");
  const use = (name: string, kept: Kept): Kept => {
    // Set again, so that the map stays in order of use.
    owners.delete(name);
    owners.set(name, kept);
    const oldest = owners.keys().next().value;
    if (owners.size > maxOwners && oldest !== undefined) owners.delete(oldest);
    return kept;
  };
  return {
    of(key) {
      const name = nameOf(key);
      const kept = owners.get(name);
      return kept === undefined ? createEmpty() : use(name, kept);
    },
    toKeepIn(key) {
      const name = nameOf(key);
      return use(name, owners.get(name) ?? createEmpty());
    },
  };
}
