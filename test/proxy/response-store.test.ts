import { describe, expect, it } from "vitest";
import { createResponseMemory } from "../../src/proxy/response-memory.ts";
import { ResponseStore } from "../../src/proxy/response-store.ts";

const user = (text: string) => ({ type: "message", role: "user", content: text });
const said = (id: string, text: string) => ({ type: "message", role: "assistant", id, content: text });

/** Keeps one turn: a question, and an answer of one item. */
function keepTurn(store: ResponseStore, id: string, previousId?: string, text = id): void {
  const body = { id, object: "response", output: [said(`msg_${id}`, `to ${text}`)] };
  store.keep({ id, previousId, input: JSON.stringify([user(text)]), body });
}

const turnOf = (id: string, text = id) => [user(text), said(`msg_${id}`, `to ${text}`)];
const roomy = { entries: 100, bytes: 1_000_000 };

describe("the store of responses", () => {
  it("tells the whole conversation up to a response, from wherever one goes on", () => {
    const store = new ResponseStore(roomy);
    keepTurn(store, "a");
    keepTurn(store, "b", "a");
    keepTurn(store, "c", "b");
    keepTurn(store, "other", "a");
    expect(store.conversation("c")).toEqual([...turnOf("a"), ...turnOf("b"), ...turnOf("c")]);
    expect(store.conversation("other")).toEqual([...turnOf("a"), ...turnOf("other")]);
    expect(store.input("c")).toEqual([user("c")]);
    expect(store.body("c")).toMatchObject({ id: "c", object: "response" });
    expect(store.item("msg_b")).toEqual(said("msg_b", "to b"));
  });

  it("knows nothing of what it was not given", () => {
    const store = new ResponseStore(roomy);
    keepTurn(store, "b", "never-kept");
    for (const id of ["a", "b", "constructor", "__proto__", ""]) {
      expect(store.conversation(id)).toBeUndefined();
      expect(store.body(id)).toBeUndefined();
      expect(store.item(id)).toBeUndefined();
      expect(store.drop(id)).toBe(false);
    }
    expect(store.bytes).toBe(0);
  });

  it("holds a dropped turn as long as a later one goes on from it", () => {
    const store = new ResponseStore(roomy);
    keepTurn(store, "a");
    keepTurn(store, "b", "a");
    const full = store.bytes;
    expect(store.drop("a")).toBe(true);
    expect(store.body("a")).toBeUndefined();
    expect(store.item("msg_a")).toBeUndefined();
    expect(store.conversation("b")).toEqual([...turnOf("a"), ...turnOf("b")]);
    expect(store.bytes).toBe(full);
    expect(store.drop("b")).toBe(true);
    expect(store.bytes).toBe(0);
  });

  it("forgets the least recently used first, by count", () => {
    const store = new ResponseStore({ entries: 2, bytes: 1_000_000 });
    keepTurn(store, "a");
    keepTurn(store, "b");
    store.body("a");
    keepTurn(store, "c");
    expect(store.size).toBe(2);
    expect(store.body("b")).toBeUndefined();
    expect(store.body("a")).toBeDefined();
  });

  it("never holds more than its bytes, whatever hangs on what", () => {
    const limit = 4_000;
    const store = new ResponseStore({ entries: 1_000, bytes: limit });
    for (let turn = 0; turn < 200; turn++) {
      const previous = turn % 7 === 0 ? undefined : `r${turn - 1}`;
      keepTurn(store, `r${turn}`, previous, "x".repeat(turn % 50));
      expect(store.bytes).toBeLessThanOrEqual(limit);
    }
    for (let turn = 0; turn < 200; turn++) store.drop(`r${turn}`);
    expect([store.bytes, store.size]).toEqual([0, 0]);
  });

  it("doesn't keep what is larger than all of it, nor forgets anything for that", () => {
    const store = new ResponseStore({ entries: 10, bytes: 1_000 });
    keepTurn(store, "a");
    keepTurn(store, "huge", undefined, "x".repeat(2_000));
    expect(store.body("huge")).toBeUndefined();
    expect(store.body("a")).toBeDefined();
  });

  it("doesn't keep a conversation that outgrows all of it, nor forgets another one for that", () => {
    const store = new ResponseStore({ entries: 1_000, bytes: 40_000 });
    keepTurn(store, "other");
    let last: string | undefined;
    for (let turn = 0; turn < 200; turn++) {
      keepTurn(store, `r${turn}`, last, "x".repeat(1_000));
      if (store.body(`r${turn}`) === undefined) break;
      last = `r${turn}`;
      store.body("other");
    }
    expect(store.body("other")).toBeDefined();
    expect(store.bytes).toBeLessThanOrEqual(40_000);
    // As far as it went it is there, to go on from in another way.
    expect(store.conversation(String(last))?.length).toBeGreaterThan(20);
  });

  it("counts what turns of no text at all take: count and bytes hold over 50,000 of them, in a chain too", () => {
    for (const chain of [1, 5_000]) {
      const store = new ResponseStore({ entries: 100, bytes: 200_000 });
      let most = 0;
      for (let turn = 0; turn < 50_000; turn++) {
        const output = Array.from({ length: turn % 8 }, (_, item) => ({ id: `m${turn}.${item}` }));
        const previousId = turn % chain === 0 ? undefined : `r${turn - 1}`;
        store.keep({ id: `r${turn}`, previousId, input: "[]", body: { id: `r${turn}`, output } });
        most = Math.max(most, store.bytes);
        if (store.size > 100) throw new Error(`${store.size} entries`);
      }
      expect(most).toBeLessThanOrEqual(200_000);
      // A conversation that outgrew the store isn't kept any more, and what was there is forgotten by its owner's next ones.
      expect(store.size).toBeGreaterThan(0);
    }
  });

  it("takes a conversation of 20,000 turns, and lets go of it", () => {
    const store = new ResponseStore({ entries: 20_000, bytes: 100_000_000 });
    for (let turn = 0; turn < 20_000; turn++) keepTurn(store, `r${turn}`, turn === 0 ? undefined : `r${turn - 1}`);
    expect(store.conversation("r19999")).toHaveLength(40_000);
    for (let turn = 0; turn < 20_000; turn++) store.drop(`r${turn}`);
    expect(store.bytes).toBe(0);
  });

  it("keeps an id once: the later answer counts", () => {
    const store = new ResponseStore(roomy);
    keepTurn(store, "a", undefined, "first");
    const once = store.bytes;
    keepTurn(store, "a", undefined, "third");
    expect(store.bytes).toBe(once);
    expect(store.conversation("a")).toEqual(turnOf("a", "third"));
  });
});

describe("the memory of responses", () => {
  it("is apart for each key and each local token", () => {
    let token = "zxl_one";
    const memory = createResponseMemory({ localToken: () => token });
    const daemon = { kind: "daemon" } as const;
    const own = (key: string) => ({ kind: "own", key }) as const;
    keepTurn(memory.toKeepIn(daemon), "a");
    keepTurn(memory.toKeepIn(own("zk_one")), "b");
    expect(memory.of(daemon).body("a")).toBeDefined();
    expect(memory.of(own("zk_one")).body("b")).toBeDefined();
    expect(memory.of(own("zk_two")).body("b")).toBeUndefined();
    expect(memory.of(own("zk_one")).body("a")).toBeUndefined();
    token = "zxl_two";
    expect(memory.of(daemon).body("a")).toBeUndefined();
  });

  it("forgets the ninth of those who came with keys of their own", () => {
    const memory = createResponseMemory({ localToken: () => "zxl_one" });
    for (let index = 0; index < 9; index++) keepTurn(memory.toKeepIn({ kind: "own", key: `zk_${index}` }), "a");
    expect(memory.of({ kind: "own", key: "zk_8" }).body("a")).toBeDefined();
    expect(memory.of({ kind: "own", key: "zk_0" }).body("a")).toBeUndefined();
  });

  it("gives a key that was never answered no place: nobody's is lost by asking under a thousand names", () => {
    const memory = createResponseMemory({ localToken: () => "zxl_one" });
    const own = (key: string) => ({ kind: "own", key }) as const;
    keepTurn(memory.toKeepIn(own("zk_paying")), "a");
    for (let index = 0; index < 1_000; index++) expect(memory.of(own(`zk_claimed_${index}`)).size).toBe(0);
    expect(memory.of(own("zk_paying")).body("a")).toBeDefined();
  });
});
