import { ZenthrexError } from "../base/errors.ts";
import type { RawHeaders } from "../base/headers.ts";
import type { UpstreamCall, UpstreamRequest } from "../upstream/types.ts";
import { contentEncoding } from "./classify-answer.ts";
import { decodeBody } from "./decode-answer.ts";
import type { ProxyOptions } from "./options.ts";

/** An upstream answer that was read whole. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: Buffer;
}

const maxAnswerBytes = 16 * 1024 * 1024;

/** A call whose answer is awaited whole. `abort` rejects it. */
export interface WholeCall {
  readonly answer: Promise<WholeAnswer>;
  abort(): void;
}

/**
 * Sends a small request and reads the answer whole, decoded where it is compressed.
 * Throws: the upstream's failure; ZX_UPSTREAM_TIMEOUT after `timeoutMs`.
 */
export function callWhole(options: ProxyOptions, request: UpstreamRequest, timeoutMs: number): WholeCall {
  let call: UpstreamCall | undefined;
  let stop: (error: ZenthrexError) => void = () => undefined;
  const raw = new Promise<WholeAnswer>((resolve, reject) => {
    let head: { status: number; headers: RawHeaders } = { status: 502, headers: [] };
    const chunks: Buffer[] = [];
    let bytes = 0;
    const cancel = options.clock.after(timeoutMs, () =>
      stop(new ZenthrexError("ZX_UPSTREAM_TIMEOUT", `the hosted API did not answer within ${timeoutMs / 1000} s`)),
    );
    stop = (error) => {
      cancel();
      call?.abort();
      reject(error);
    };
    call = options.upstream.send(request, {
      onHeaders(status, headers) {
        head = { status, headers };
      },
      onData(chunk) {
        bytes += chunk.length;
        if (bytes > maxAnswerBytes)
          stop(new ZenthrexError("ZX_UPSTREAM_NOT_API", "the hosted API's answer is too large"));
        else chunks.push(chunk);
      },
      onEnd() {
        cancel();
        resolve({ ...head, body: Buffer.concat(chunks) });
      },
      onFailure({ code, message, cause }) {
        cancel();
        reject(new ZenthrexError(code, message, { cause }));
      },
    });
  });
  return {
    answer: raw.then(async (whole) => {
      const encoding = contentEncoding(whole.headers);
      return encoding === undefined ? whole : { ...whole, body: await decodeBody(encoding, whole.body) };
    }),
    abort: () => stop(new ZenthrexError("ZX_SHUTTING_DOWN", "the caller left")),
  };
}
