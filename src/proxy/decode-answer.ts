import { promisify } from "node:util";
import { brotliDecompress, createBrotliDecompress, createGunzip, createInflate, gunzip, inflate } from "node:zlib";
import { ZenthrexError } from "../base/errors.ts";
import type { Relay, RelayContext } from "./relay.ts";

/** The largest decoded body, and the largest ratio of decoded to sent bytes behind the first MiB. */
const maxDecodedBytes = 64 * 1024 * 1024;
const maxRatio = 100;
const ratioFreeBytes = 1024 * 1024;

const decoders = {
  gzip: { whole: promisify(gunzip), stream: createGunzip },
  "x-gzip": { whole: promisify(gunzip), stream: createGunzip },
  deflate: { whole: promisify(inflate), stream: createInflate },
  br: { whole: promisify(brotliDecompress), stream: createBrotliDecompress },
} as const;

function decoderOf(encoding: string): (typeof decoders)[keyof typeof decoders] {
  if (Object.hasOwn(decoders, encoding)) return decoders[encoding as keyof typeof decoders];
  const name = encoding.replace(/[^\w, -]/g, "").slice(0, 40);
  throw new ZenthrexError("ZX_UPSTREAM_ENCODING", `the hosted API answered in the compression "${name}"`);
}

function brokenError(cause: unknown): ZenthrexError {
  if (cause instanceof Error && "code" in cause && cause.code === "Z_BUF_ERROR") {
    return new ZenthrexError("ZX_UPSTREAM_CUT", "the hosted API's answer ended before its end", { cause });
  }
  return new ZenthrexError("ZX_UPSTREAM_ENCODING", "the hosted API's compressed answer can't be decoded", { cause });
}

/**
 * Decodes a whole body: one layer, at most 64 MiB and 100 times its size.
 * Throws: ZX_UPSTREAM_ENCODING.
 */
export async function decodeBody(encoding: string, body: Buffer): Promise<Buffer> {
  const decoder = decoderOf(encoding);
  const maxOutputLength = Math.min(maxDecodedBytes, Math.max(ratioFreeBytes, body.length * maxRatio));
  try {
    return await decoder.whole(body, { maxOutputLength });
  } catch (error) {
    throw brokenError(error);
  }
}

/** A relay that decodes what it is given and hands it to another one. */
export interface DecodingRelay extends Relay {
  /** The client doesn't read: nothing more may be handed on. */
  pause(): void;
  resume(): void;
}

/**
 * Decodes a stream as it comes. The call waits while the decoder is full, the decoder while the client is.
 * Throws: ZX_UPSTREAM_ENCODING for a compression that isn't known.
 */
export function createDecodingRelay(
  context: RelayContext,
  encoding: string,
  inner: Relay,
  call: { pause(): void; resume(): void },
): DecodingRelay {
  const decoder = decoderOf(encoding).stream();
  let sentBytes = 0;
  let decodedBytes = 0;
  let delimitedEnd = false;
  let isOver = false;

  const stop = (error: ZenthrexError): void => {
    if (isOver) return;
    isOver = true;
    decoder.destroy();
    inner.fail(error);
  };
  decoder.on("data", (chunk: Buffer) => {
    if (isOver) return;
    decodedBytes += chunk.length;
    if (decodedBytes > ratioFreeBytes && decodedBytes > sentBytes * maxRatio) {
      context.abortCall();
      stop(
        new ZenthrexError("ZX_UPSTREAM_ENCODING", "the hosted API's answer decodes to more than 100 times its size"),
      );
      return;
    }
    inner.data(chunk);
  });
  decoder.on("end", () => {
    if (isOver) return;
    isOver = true;
    inner.end(delimitedEnd);
  });
  decoder.on("error", (error) => {
    context.abortCall();
    stop(brokenError(error));
  });
  decoder.on("drain", () => call.resume());

  return {
    data(chunk) {
      sentBytes += chunk.length;
      if (!decoder.write(chunk)) call.pause();
    },
    end(delimited) {
      delimitedEnd = delimited;
      decoder.end();
    },
    fail(error) {
      // What was decoded so far goes out first.
      decoder.once("close", () => stop(error));
      if (decoder.destroyed) stop(error);
      else decoder.flush(() => stop(error));
    },
    pause() {
      decoder.pause();
    },
    resume() {
      decoder.resume();
      call.resume();
    },
    leave() {
      isOver = true;
      decoder.destroy();
      inner.leave?.();
    },
  };
}
