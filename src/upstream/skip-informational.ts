import type { Socket } from "node:net";

/** A head of 1xx is put together up to this size; what is larger is undici's to refuse. */
const maxHeadBytes = 16_384;
/** What every informational head begins with; 101 ends HTTP and is none of them. */
const informational = /^HTTP\/1\.[01] 1(?!01)\d\d[ \r\n]/;
const longestStart = "HTTP/1.1 100 ".length;
const headEnd = /\r?\n\r?\n/;

/** Where the first digit of the status stands, and its 1: answers that count are told by this byte alone, without a text being made. */
const digitAt = "HTTP/1.1 ".length;
const one = 0x31;

/** True while these few bytes may still become the start of an informational head. */
function mayBegin(text: string): boolean {
  const start = text.slice(0, longestStart);
  return start.length < longestStart && informational.test(start + "HTTP/1.1 100 ".slice(start.length));
}

/** What of an answer's first bytes goes on. Shape: `rest` is the answer, `held` an informational head that isn't whole yet. */
function withoutInformational(bytes: Buffer): { readonly rest: Buffer } | { readonly held: Buffer } {
  if (bytes.length > digitAt && bytes[digitAt] !== one) return { rest: bytes };
  let from = 0;
  for (;;) {
    const text = bytes.toString("latin1", from, from + maxHeadBytes);
    if (text === "" || mayBegin(text)) return { held: bytes.subarray(from) };
    if (!informational.test(text)) return { rest: bytes.subarray(from) };
    const end = headEnd.exec(text);
    if (end === null) {
      return text.length < maxHeadBytes ? { held: bytes.subarray(from) } : { rest: bytes.subarray(from) };
    }
    from += end.index + end[0].length;
  }
}

/**
 * Lets a connection to the upstream pass over informational answers (1xx), as many as there are, in front of the one that counts.
 * A client has to, whether it asked for them or not (RFC 9110 section 15.2); undici ends the connection on a 100. They go no further:
 * a gateway answers for itself, and nothing of an answer leaves the daemon before its status is known.
 * One request at a time is on a connection, so that what is read first behind a write is the beginning of an answer.
 */
export function skipInformational(socket: Socket): Socket {
  let held: Buffer | undefined;
  let isAtStart = false;
  const write = socket.write as (...written: unknown[]) => boolean;
  const push = socket.push.bind(socket);
  socket.write = (...written: unknown[]): boolean => {
    isAtStart = true;
    return write.apply(socket, written);
  };
  socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (!isAtStart) return push(chunk, encoding);
    if (!Buffer.isBuffer(chunk)) {
      // The end, within a head: whoever reads the answer has to see that there was a beginning.
      isAtStart = false;
      if (held !== undefined && held.length > 0) push(held);
      held = undefined;
      return push(chunk, encoding);
    }
    const found = withoutInformational(held === undefined ? chunk : Buffer.concat([held, chunk]));
    if ("held" in found) {
      held = found.held;
      return true;
    }
    held = undefined;
    isAtStart = false;
    return push(found.rest);
  };
  return socket;
}
