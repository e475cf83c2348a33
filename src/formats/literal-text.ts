import { decodeByteString, encodeByteString } from "./byte-string.ts";

/**
 * A text that grows by pieces of a JSON string literal, so that a piece that was cut out of its frame unparsed costs nothing,
 * and half a surrogate pair finds its other half.
 */
export class LiteralText {
  readonly #pieces: string[] = [];

  /** True as long as no piece had a character. */
  isEmpty = true;

  /** Adds the inside of a JSON string literal, as a byte string. */
  addLiteral(literal: string): void {
    if (literal === "") return;
    this.isEmpty = false;
    this.#pieces.push(literal);
  }

  /** Adds a piece of text. */
  add(text: string): void {
    this.addLiteral(encodeByteString(JSON.stringify(text)).slice(1, -1));
  }

  /** The whole as the inside of a JSON string literal, as a byte string. */
  literal(): string {
    return this.#pieces.join("");
  }

  /** The whole, decoded. */
  text(): string {
    return JSON.parse(`"${decodeByteString(this.literal())}"`) as string;
  }
}
