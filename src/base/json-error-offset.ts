const WHITESPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const LITERAL = /true|false|null/y;

/**
 * Where a text stops being strict JSON. V8's own messages quote the text around an error and only sometimes say where it is;
 * content may be a prompt or a key, so the place is all that is told.
 * Shape: an offset in UTF-16 units, `text.length` when the text ends too early, undefined when it is valid.
 * The caller bounds the depth of nesting: this recurses.
 */
export function jsonErrorOffset(text: string): number | undefined {
  const scan = new Scan(text);
  if (scan.value() && scan.skip() === text.length) return undefined;
  return scan.offset;
}

class Scan {
  readonly text: string;
  offset = 0;

  constructor(text: string) {
    this.text = text;
  }

  skip(): number {
    this.match(WHITESPACE);
    return this.offset;
  }

  /** Consumes one value; false when there is none, `offset` then stands at the culprit. */
  value(): boolean {
    const first = this.text[this.skip()];
    if (first === "{") return this.list("}", () => this.string() && this.character(":") && this.value());
    if (first === "[") return this.list("]", () => this.value());
    if (first === '"') return this.string();
    return this.match(LITERAL) || this.match(NUMBER);
  }

  private list(close: string, item: () => boolean): boolean {
    this.offset++;
    if (this.character(close)) return true;
    do {
      this.skip();
      if (!item()) return false;
    } while (this.character(","));
    return this.character(close);
  }

  /** By hand and not by one pattern: V8 runs out of stack on a repeated alternative over 30 MB. */
  private string(): boolean {
    if (this.text[this.offset] !== '"') return false;
    for (this.offset++; this.offset < this.text.length; ) {
      const code = this.text.charCodeAt(this.offset);
      if (code === 0x22) {
        this.offset++;
        return true;
      }
      if (code < 0x20) return false;
      if (code !== 0x5c) this.offset++;
      else if (!this.match(ESCAPE)) return false;
    }
    return false;
  }

  private character(wanted: string): boolean {
    if (this.text[this.skip()] !== wanted) return false;
    this.offset++;
    return true;
  }

  private match(pattern: RegExp): boolean {
    pattern.lastIndex = this.offset;
    if (!pattern.test(this.text)) return false;
    this.offset = pattern.lastIndex;
    return true;
  }
}
