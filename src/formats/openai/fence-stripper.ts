/** White space and an opening fence, with or without its language; not yet complete without its line end. */
const OPENING = /^\s*```[a-zA-Z]*[ \t]*\r?\n/;
/** What may still become an opening fence. */
const MAYBE_OPENING = /^\s*(?:`{1,2}|```[a-zA-Z]*[ \t]*\r?)?$/;
const CLOSING = /\r?\n?```\s*$/;
/** What may still become a closing fence. */
const MAYBE_CLOSING = /\r?\n?(?:`{1,2}|```\s*)?$|\s+$/;

/**
 * Takes a Markdown code fence off a JSON answer while it streams: models asked for JSON in words often put one around it.
 * Holds back only what may still turn out to be a fence. Text without an opening fence passes unchanged.
 */
export class FenceStripper {
  #state: "start" | "fenced" | "plain" = "start";
  #held = "";

  /** Takes the next piece. Shape: what of the text so far is sure to be part of the answer. */
  push(text: string): string {
    if (this.#state === "plain") return text;
    this.#held += text;
    if (this.#state === "start" && !this.#passOpening()) return "";
    return this.#isPlain() ? this.#take(this.#held.length) : this.#take(this.#sureLength());
  }

  /** The rest, without a closing fence. */
  end(): string {
    const rest = this.#state === "fenced" ? this.#held.replace(CLOSING, "") : this.#held;
    this.#held = "";
    return rest;
  }

  #isPlain(): boolean {
    return this.#state === "plain";
  }

  /** False while the beginning is undecided. */
  #passOpening(): boolean {
    const opening = OPENING.exec(this.#held);
    if (opening !== null) {
      this.#held = this.#held.slice(opening[0].length);
      this.#state = "fenced";
      return true;
    }
    if (MAYBE_OPENING.test(this.#held)) return false;
    this.#state = "plain";
    return true;
  }

  #sureLength(): number {
    return MAYBE_CLOSING.exec(this.#held)?.index ?? this.#held.length;
  }

  #take(length: number): string {
    const taken = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return taken;
  }
}
