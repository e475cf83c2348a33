import { SseFrameCutter } from "../../src/base/sse-frames.ts";
import { frameOf, type TestEvent } from "./hub-streams.ts";

/** The frames that come out of bytes which come in pieces cut anywhere. */
export function framesOf(bytes: Buffer, at: readonly number[]): string[] {
  const places = at.map((place) => place % (bytes.length + 1)).toSorted((left, right) => left - right);
  const frames: string[] = [];
  const cutter = new SseFrameCutter({
    onFrame: (piece, start, end) => void frames.push(Buffer.from(piece.subarray(start, end)).toString("latin1")),
  });
  let from = 0;
  for (const place of [...places, bytes.length]) {
    cutter.push(bytes.subarray(from, place), []);
    from = place;
  }
  return frames;
}

/** The bytes of a stream, each event written in some way. */
export const bytesOfEvents = (events: readonly TestEvent[], write: (frame: string) => string): Buffer =>
  Buffer.from(events.map((event) => write(frameOf(event))).join(""), "latin1");
