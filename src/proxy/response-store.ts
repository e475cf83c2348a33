import { isJsonObject, type JsonObject } from "../base/json.ts";

/** How much is kept. */
export interface ResponseStoreLimits {
  readonly entries: number;
  readonly bytes: number;
}

/** A whole answer and what it answered, as it is handed over. */
export interface KeptResponse {
  readonly id: string;
  /** The response that it goes on from. */
  readonly previousId?: string | undefined;
  /** The request's own input items, as JSON text. */
  readonly input: string;
  /** The answer as the caller got it, its `output` included. */
  readonly body: JsonObject;
}

/** One turn. Shape: as JSON text, which takes a third of the memory that objects take; `uses`: the entry, and later turns. */
interface Turn {
  readonly previous: Turn | undefined;
  readonly input: Buffer;
  readonly body: Buffer;
  readonly itemIds: readonly string[];
  /** Of the whole conversation that ends here. Units: bytes. */
  readonly conversationBytes: number;
  uses: number;
}

/** What a turn takes beside its texts, and each of its items in the list of items. Units: bytes, measured and rounded up. */
const turnOverhead = 512;
const itemOverhead = 128;

const bytesOf = ({ input, body, itemIds }: Pick<Turn, "input" | "body" | "itemIds">): number =>
  input.length + body.length + turnOverhead + itemIds.length * itemOverhead;

/** A text in memory of its own: a small one would hold the whole slab of 8 KiB that Node cuts it from. */
function ownBuffer(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}

function itemsIn(text: Buffer): readonly JsonObject[] {
  const items: unknown = JSON.parse(text.toString());
  return Array.isArray(items) ? items.filter(isJsonObject) : [];
}

function outputOf(body: JsonObject): readonly JsonObject[] {
  const { output } = body;
  return Array.isArray(output) ? output.filter(isJsonObject) : [];
}

/**
 * The responses that their callers wanted kept (`store`), so that a later request can go on from one by its id. The hosted API keeps
 * nothing. Bounded by count and size, least recently used first; memory only: what was said is never written anywhere. A turn that
 * later ones go on from is held by them, also when its own id is gone.
 */
export class ResponseStore {
  readonly #limits: ResponseStoreLimits;
  /** In order of use, the oldest first. */
  readonly #turns = new Map<string, Turn>();
  readonly #byItem = new Map<string, Turn>();
  #bytes = 0;

  constructor(limits: ResponseStoreLimits) {
    this.#limits = limits;
  }

  /** How many responses can be asked for. */
  get size(): number {
    return this.#turns.size;
  }

  /** Bytes of all that is held. */
  get bytes(): number {
    return this.#bytes;
  }

  keep({ id, previousId, input, body }: KeptResponse): void {
    const previous = previousId === undefined ? undefined : this.#turns.get(previousId);
    // What it goes on from was dropped while it was answered: its conversation can't be told any more.
    if (previousId !== undefined && previous === undefined) return;
    const itemIds = outputOf(body).flatMap((item) => (typeof item["id"] === "string" ? [item["id"]] : []));
    const texts = { input: ownBuffer(input), body: ownBuffer(JSON.stringify(body)), itemIds };
    const conversationBytes = bytesOf(texts) + (previous?.conversationBytes ?? 0);
    // It would push out all others, and then itself: what it goes on from holds its bytes as long as it is there.
    if (conversationBytes > this.#limits.bytes) return;
    const turn: Turn = { previous, ...texts, conversationBytes, uses: 1 };
    if (previous !== undefined) previous.uses++;
    this.drop(id);
    this.#bytes += bytesOf(turn);
    this.#turns.set(id, turn);
    for (const itemId of itemIds) this.#byItem.set(itemId, turn);
    for (const oldest of this.#turns.keys()) {
      if (this.#turns.size <= this.#limits.entries && this.#bytes <= this.#limits.bytes) break;
      this.drop(oldest);
    }
  }

  /** The answer as its caller got it. */
  body(id: string): JsonObject | undefined {
    const turn = this.#use(id);
    return turn && (JSON.parse(turn.body.toString()) as JsonObject);
  }

  /** The input items of that one request. */
  input(id: string): readonly JsonObject[] | undefined {
    const turn = this.#use(id);
    return turn && itemsIn(turn.input);
  }

  /** All that was said up to and with a response: the items of each turn's input and output, the first turn first. */
  conversation(id: string): readonly JsonObject[] | undefined {
    const turns: Turn[] = [];
    for (let turn = this.#use(id); turn !== undefined; turn = turn.previous) turns.push(turn);
    if (turns.length === 0) return undefined;
    return turns
      .reverse()
      .flatMap(({ input, body }) => [...itemsIn(input), ...outputOf(JSON.parse(body.toString()) as JsonObject)]);
  }

  /** An item of an answer, by its own id. */
  item(itemId: string): JsonObject | undefined {
    const turn = this.#byItem.get(itemId);
    return turn && outputOf(JSON.parse(turn.body.toString()) as JsonObject).find((item) => item["id"] === itemId);
  }

  /** Forgets a response. Shape: false where there is none. */
  drop(id: string): boolean {
    const turn = this.#turns.get(id);
    if (turn === undefined) return false;
    this.#turns.delete(id);
    for (const itemId of turn.itemIds) if (this.#byItem.get(itemId) === turn) this.#byItem.delete(itemId);
    // A loop, for a conversation may have thousands of turns.
    for (let unused: Turn | undefined = turn; unused !== undefined && --unused.uses === 0; unused = unused.previous) {
      this.#bytes -= bytesOf(unused);
    }
    return true;
  }

  #use(id: string): Turn | undefined {
    const turn = this.#turns.get(id);
    if (turn === undefined) return undefined;
    this.#turns.delete(id);
    this.#turns.set(id, turn);
    return turn;
  }
}
