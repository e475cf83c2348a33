import { ZenthrexError } from "../base/errors.ts";
import { isJsonObject, parseJson } from "../base/json.ts";
import type { AnswerHead } from "./choose-relay.ts";
import { refuseForeign } from "./foreign-answer.ts";
import { KeyMask } from "./key-mask.ts";
import type { Relay, RelayContext } from "./relay.ts";
import { secretKeysOf } from "./secret-keys.ts";
import { anthropicUsage, openaiUsage } from "./usage.ts";

/** Bodies up to this size are read for their usage. */
const maxReadBytes = 16 * 1024 * 1024;
/** Up to this size a body is parsed as it is. */
const smallBytes = 64 * 1024;
/** An answer without a length is kept whole up to this size, to see whether it is complete. */
const maxKeptBytes = 64 * 1024 * 1024;

/**
 * Passes any other body on, byte for byte. It ends well only where its length or its last chunk was seen, or, where the upstream
 * gave neither, where it is complete JSON; else the connection is cut behind what came.
 */
export class BodyRelay implements Relay {
  readonly #context: RelayContext;
  readonly #answer: AnswerHead;
  readonly #isSuccess: boolean;
  readonly #limit: number;
  /** In errors, which speak of what was sent: the key goes no further. Of all other bytes none is changed. */
  readonly #mask: KeyMask | undefined;
  #kept: Buffer[] = [];
  #keptBytes = 0;

  constructor(context: RelayContext, answer: AnswerHead, isDelimited: boolean) {
    this.#context = context;
    this.#answer = answer;
    this.#isSuccess = answer.status >= 200 && answer.status < 300;
    this.#mask = this.#isSuccess ? undefined : new KeyMask(secretKeysOf(context.exchange));
    if (!isDelimited) this.#limit = maxKeptBytes;
    else this.#limit = this.#isSuccess ? maxReadBytes : 0;
  }

  data(chunk: Buffer): void {
    this.#keptBytes += chunk.length;
    if (this.#keptBytes <= this.#limit) this.#kept.push(chunk);
    else this.#kept = [];
    this.#queue(this.#mask === undefined ? chunk : this.#mask.push(chunk));
  }

  end(delimited: boolean): void {
    const value = delimited ? undefined : this.#readJson();
    if (!delimited && (typeof value !== "object" || value === null)) {
      this.fail(new ZenthrexError("ZX_UPSTREAM_CUT", "the hosted API's answer ended before its end"));
      return;
    }
    if (this.#keptBytes === 0) {
      // JSON of no byte is none: a client would take it for an answer all the same.
      refuseForeign(this.#context, this.#answer, "an empty body");
      return;
    }
    if (this.#mask !== undefined) this.#queue(this.#mask.rest());
    this.#context.writer.end();
    this.#context.settle(this.#isSuccess ? "completed" : "upstream_error");
    // Reading comes after the client has all: a tap delays nothing.
    if (this.#isSuccess) this.#learn(delimited ? this.#readJson() : value);
  }

  fail(error: ZenthrexError): void {
    const { exchange, writer } = this.#context;
    if (this.#mask !== undefined) this.#queue(this.#mask.rest());
    exchange.errorCode = error.code;
    if (writer.hasBegun || writer.queue.length > 0) writer.cut();
    else this.#context.refuse(error);
    this.#context.settle(error.code === "ZX_SHUTTING_DOWN" ? "interrupted" : "upstream_error");
  }

  #queue(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#context.writer.queue.push(bytes);
    this.#context.writer.schedule();
  }

  #readJson(): unknown {
    if (this.#keptBytes > this.#limit) return undefined;
    try {
      const body = this.#kept.length === 1 && this.#kept[0] !== undefined ? this.#kept[0] : Buffer.concat(this.#kept);
      // A small text can't be nested deep enough to block the process; numbers and ids are the same in latin1, which is faster.
      return body.length <= smallBytes ? JSON.parse(body.toString("latin1")) : parseJson(body);
    } catch {
      return undefined;
    }
  }

  #learn(value: unknown): void {
    if (!isJsonObject(value)) return;
    const { exchange } = this.#context;
    const read = exchange.format === "anthropic" ? anthropicUsage : openaiUsage;
    exchange.usage = read(value["usage"]);
    if (typeof value["model"] === "string") exchange.modelServed = value["model"];
  }
}
