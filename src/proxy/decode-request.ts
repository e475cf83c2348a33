import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, inflateRaw } from "node:zlib";
import { errorCode } from "../base/error-code.ts";
import { ZenthrexError } from "../base/errors.ts";
import { hostedMaxBodyBytes } from "../catalog/limits.ts";

const decodeGzip = promisify(gunzip);
const decodeZlib = promisify(inflate);
const decodeRaw = promisify(inflateRaw);
const decodeBrotli = promisify(brotliDecompress);

interface Limit {
  readonly maxOutputLength: number;
}

/** "deflate" is a zlib stream (RFC 9110 section 8.4.1.2), but some clients leave its two header bytes out. */
const decodeDeflate = (body: Buffer, limit: Limit): Promise<Buffer> =>
  ((body[0] ?? 0) & 0x0f) === 8 ? decodeZlib(body, limit) : decodeRaw(body, limit);

const decoders: Readonly<Record<string, (body: Buffer, limit: Limit) => Promise<Buffer>>> = {
  gzip: decodeGzip,
  "x-gzip": decodeGzip,
  deflate: decodeDeflate,
  br: decodeBrotli,
};

function encodingOf(contentEncoding: string): string {
  const layers = contentEncoding
    .split(",")
    .map((layer) => layer.trim().toLowerCase())
    .filter((layer) => layer !== "" && layer !== "identity");
  return layers.length === 1 ? (layers[0] ?? "") : "several layers";
}

/** True for the error of a decoder that would have to give out more than it may. */
function isTooLarge(error: unknown): boolean {
  return errorCode(error) === "ERR_BUFFER_TOO_LARGE";
}

/**
 * Decodes a compressed request body: one layer of gzip, deflate or br, at most 32 MiB of text.
 * Throws: ZX_BODY_TYPE for any other compression (Node 20 has no zstd), ZX_BODY_TOO_LARGE, ZX_BODY_INVALID.
 */
export async function decodeRequest(contentEncoding: string, body: Buffer): Promise<Buffer> {
  const encoding = encodingOf(contentEncoding);
  const decode = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined;
  if (decode === undefined) {
    throw new ZenthrexError("ZX_BODY_TYPE", "the body's compression can't be read here", {
      fix: "Send the body plain, or with content-encoding gzip, deflate or br.",
    });
  }
  try {
    return await decode(body, { maxOutputLength: hostedMaxBodyBytes });
  } catch (error) {
    if (isTooLarge(error)) {
      throw new ZenthrexError(
        "ZX_BODY_TOO_LARGE",
        `the body decodes to more than ${hostedMaxBodyBytes / 1024 ** 2} MiB`,
      );
    }
    throw new ZenthrexError("ZX_BODY_INVALID", `the body is not whole ${encoding} data`, {
      fix: "Send the body plain, or compressed as content-encoding says.",
    });
  }
}
