import { ZenthrexError } from "../base/errors.ts";
import type { Relay, RelayContext } from "./relay.ts";

/** The largest body that is read whole. */
const maxCollectedBytes = 64 * 1024 * 1024;

/** Reads a body whole and hands it over; an answer that doesn't come whole is an error. */
export function createCollectRelay(context: RelayContext, onWhole: (body: Buffer) => void): Relay {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isOver = false;
  const fail = (error: ZenthrexError): void => {
    if (isOver) return;
    isOver = true;
    context.refuse(error);
  };
  return {
    data(chunk) {
      if (isOver) return;
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes <= maxCollectedBytes) return;
      context.abortCall();
      fail(new ZenthrexError("ZX_UPSTREAM_CUT", "the hosted API's answer is larger than 64 MiB"));
    },
    end() {
      if (isOver) return;
      isOver = true;
      onWhole(Buffer.concat(chunks));
    },
    fail,
  };
}
