import { isJsonObject, type JsonObject, parseJsonText } from "../../base/json.ts";
import { LiteralText } from "../literal-text.ts";
import type { HubBlock } from "./hub.ts";

/** The key of a block, and of its deltas, that grows. */
const growing: Readonly<Record<string, string>> = {
  text_delta: "text",
  thinking_delta: "thinking",
  input_json_delta: "partial_json",
};

/** The value of a JSON text, or undefined. */
function parsedOrUndefined(text: string): unknown {
  try {
    return parseJsonText(text);
  } catch {
    return undefined;
  }
}

/** One content block of a stream while it grows. */
export class BlockUnderWay {
  readonly type: string;
  readonly #start: JsonObject;
  readonly #text = new LiteralText();
  readonly #citations: unknown[] = [];
  #signature: string | undefined;

  constructor(start: JsonObject) {
    this.#start = start;
    this.type = typeof start["type"] === "string" ? start["type"] : "";
  }

  /** Adds the inside of a JSON string literal, as a byte string. */
  addLiteral(literal: string): void {
    this.#text.addLiteral(literal);
  }

  /** Adds a delta. Shape: the text that it adds, "" for deltas without. */
  add(delta: JsonObject): string {
    const type = typeof delta["type"] === "string" ? delta["type"] : "";
    const text = delta[growing[type] ?? ""];
    if (typeof text === "string") {
      this.#text.add(text);
      return text;
    }
    if (type === "signature_delta" && typeof delta["signature"] === "string") {
      this.#signature = (this.#signature ?? "") + delta["signature"];
    } else if (type === "citations_delta" && delta["citation"] !== undefined) this.#citations.push(delta["citation"]);
    return "";
  }

  /** The block as far as it has come. */
  finished(): HubBlock {
    const block: JsonObject = { ...this.#start };
    if (this.type === "text") {
      block["text"] = this.#grown("text");
      if (this.#citations.length > 0) block["citations"] = this.#citations;
    } else if (this.type === "thinking") {
      block["thinking"] = this.#grown("thinking");
      block["signature"] = this.#signature ?? block["signature"] ?? "";
    } else if ("input" in block) {
      const input = parsedOrUndefined(this.#text.text() + this.restOfInput());
      block["input"] = isJsonObject(input) ? input : {};
    }
    return block as unknown as HubBlock;
  }

  /** The JSON of a tool call's input as it was streamed, for tool calls. */
  inputText(): string | undefined {
    return this.type === "tool_use" ? this.#text.text() + this.restOfInput() : undefined;
  }

  /** The JSON of a tool call's input that no delta has said: all of it, where none came. */
  restOfInput(): string {
    if (!this.#text.isEmpty) return "";
    return isJsonObject(this.#start["input"]) ? JSON.stringify(this.#start["input"]) : "{}";
  }

  #grown(key: string): string {
    const start = this.#start[key];
    return (typeof start === "string" ? start : "") + this.#text.text();
  }
}
