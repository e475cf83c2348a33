import { hashText } from "../hash-text.ts";

/** What Anthropic takes as a tool's name, and as the id of a tool call. Source: its 400 messages, which quote the patterns. */
const LEGAL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const LEGAL_ID = /^[a-zA-Z0-9_-]+$/;
const longestName = 128;

/** A legal stand-in: what is legal of it, and a hash of the whole, so that `a.b` and `a:b` stay two. It depends on nothing else. */
function standIn(text: string): string {
  const mark = `_${hashText(text).slice(0, 8)}`;
  return text.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, longestName - mark.length) + mark;
}

/** Maps names for one request. Deterministic: what a name becomes depends on it and on the names before it, never on later ones. */
export interface NameMap {
  toHub(name: string): string;
  /** Hub name -> the caller's, for the names that had to change. */
  readonly changed: ReadonlyMap<string, string>;
}

/**
 * A map of tool names: legal ones stay, others get a stand-in that no other name of the request has. `wishOf` says what a name
 * that is made of several should rather be.
 */
export function createNameMap(wishOf: (name: string) => string = (name) => name): NameMap {
  const hubNames = new Map<string, string>();
  const taken = new Set<string>();
  const changed = new Map<string, string>();
  return {
    changed,
    toHub(name) {
      const known = hubNames.get(name);
      if (known !== undefined) return known;
      const wish = wishOf(name);
      let hubName = LEGAL_NAME.test(wish) ? wish : standIn(wish);
      while (taken.has(hubName)) hubName = standIn(`${hubName}#`);
      taken.add(hubName);
      hubNames.set(name, hubName);
      if (hubName !== name) changed.set(hubName, name);
      return hubName;
    },
  };
}

/** Gives every tool call of a request an id of its own. */
export interface IdMap {
  /** The hub's id of the next call that has this id. A client that numbers anew in every turn repeats ids; the hub refuses that. */
  claim(id: string): string;
  has(hubId: string): boolean;
}

/** A map of tool-call ids: a legal one stays at its first use; illegal and repeated ones get a stand-in, in order of appearance. */
export function createIdMap(): IdMap {
  const taken = new Set<string>();
  return {
    has: (hubId) => taken.has(hubId),
    claim(id) {
      const legal = LEGAL_ID.test(id) ? id : standIn(id);
      let hubId = legal;
      for (let count = 2; taken.has(hubId); count++) hubId = `${legal}_${count}`;
      taken.add(hubId);
      return hubId;
    },
  };
}
