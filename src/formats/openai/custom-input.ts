const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
/** What stands before the text: the only property that the tool's schema has. */
const HEAD = /^\s*\{\s*"input"\s*:\s*"/;
/** What may still become that. Longer input than this without it is something else. */
const longestHead = 256;

function inputOf(text: string): string {
  try {
    const value = JSON.parse(text) as { input?: unknown };
    return typeof value?.input === "string" ? value.input : text;
  } catch {
    return text;
  }
}

/**
 * Decodes the text of a custom tool's call out of the JSON in which the hub streams it, `{"input":"..."}`, piece by piece.
 * Arguments of another shape are held back and told whole at the end.
 */
export class CustomInput {
  #state: "head" | "text" | "done" | "other" = "head";
  /** JSON that is not decoded yet: the head, or half an escape. */
  #held = "";
  /** All of it, as long as it may be of another shape. */
  #whole = "";

  /** Takes the next fragment of JSON. Shape: the text that it adds. */
  push(fragment: string): string {
    if (this.#state === "done") return "";
    this.#held += fragment;
    if (this.#state !== "text") this.#whole += fragment;
    if (this.#state === "head") this.#passHead();
    return this.#state === "text" ? this.#decode() : "";
  }

  /** The rest, once the call is whole. */
  end(): string {
    if (this.#state !== "head" && this.#state !== "other") return "";
    return this.#whole.trim() === "" || this.#whole.trim() === "{}" ? "" : inputOf(this.#whole);
  }

  #passHead(): void {
    const head = HEAD.exec(this.#held);
    if (head !== null) {
      this.#held = this.#held.slice(head[0].length);
      this.#state = "text";
    } else if (this.#held.length > longestHead) this.#state = "other";
  }

  #decode(): string {
    let out = "";
    let index = 0;
    while (index < this.#held.length) {
      const character = this.#held[index] as string;
      if (character === '"') {
        this.#state = "done";
        break;
      }
      if (character !== "\\") {
        out += character;
        index++;
        continue;
      }
      const length = this.#held[index + 1] === "u" ? 6 : 2;
      if (index + length > this.#held.length) break;
      out += this.#escape(this.#held.slice(index + 1, index + length));
      index += length;
    }
    this.#held = this.#held.slice(index);
    return out;
  }

  #escape(body: string): string {
    return body[0] === "u" ? String.fromCharCode(Number.parseInt(body.slice(1), 16)) : (escapes[body] ?? body);
  }
}
