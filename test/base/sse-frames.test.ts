import { describe, expect, it } from "vitest";
import { parseSseEvent } from "../../src/base/sse-event.ts";
import { SseFrameCutter } from "../../src/base/sse-frames.ts";
import { generateStream, randomSizes, split } from "../support/generated-streams.ts";

/** The boundaries by the standard's words, on the whole text at once: a line ends with CRLF, LF or CR; an empty line ends a frame. */
function boundariesOf(bytes: Buffer): number[] {
  const found: number[] = [];
  let lineStart = 0;
  for (let index = 0; index < bytes.length; ) {
    const byte = bytes[index];
    if (byte !== 0x0a && byte !== 0x0d) {
      index++;
      continue;
    }
    const end = byte === 0x0d && bytes[index + 1] === 0x0a ? index + 2 : index + 1;
    if (index === lineStart) found.push(end);
    lineStart = end;
    index = end;
  }
  return found;
}

function cut(pieces: readonly Uint8Array[]) {
  const frames: string[] = [];
  const cutter = new SseFrameCutter({
    onFrame: (bytes, start, end) => void frames.push(Buffer.from(bytes.subarray(start, end)).toString()),
  });
  const delivered: Buffer[] = [];
  const progress: number[] = [];
  let total = 0;
  for (const piece of pieces) {
    const out: Uint8Array[] = [];
    cutter.push(piece, out);
    for (const bytes of out) {
      delivered.push(Buffer.from(bytes));
      total += bytes.length;
    }
    progress.push(total);
  }
  return { frames, delivered: Buffer.concat(delivered), progress, cutter };
}

const everySplitOf = (bytes: Buffer): Buffer[][] => [
  [bytes],
  split(bytes, [1]),
  split(bytes, [2]),
  split(bytes, [3]),
  ...Array.from({ length: 8 }, (_, seed) => split(bytes, randomSizes(seed, 400))),
];

describe("SseFrameCutter", () => {
  it.each([
    ["LF", "event: a\ndata: 1\n\n", "data: 2\n\n"],
    ["CRLF", "event: a\r\ndata: 1\r\n\r\n", "data: 2\r\n\r\n"],
    ["CR", "event: a\rdata: 1\r\r", "data: 2\r\r"],
    ["mixed ends", "event: a\r\ndata: 1\n\r\n", "data: 2\n\n"],
    ["a CRLF line behind a CR line", "data: 1\r\r\n", "data: 2\n\n"],
    ["LF behind CRLF", "data: 1\r\n\n", "data: 2\n\n"],
  ])("finds frames that end with %s, under every split", (_name, first, second) => {
    const bytes = Buffer.from(first + second);
    for (const pieces of everySplitOf(bytes)) {
      const result = cut(pieces);
      expect(result.delivered.toString()).toBe(first + second);
      expect(result.frames.filter((frame) => frame.trim() !== "").map((frame) => parseSseEvent(frame)?.data)).toEqual([
        "1",
        "2",
      ]);
    }
  });

  it("delivers, after each piece, up to the last boundary that the standard's words find in what has come", () => {
    const wrong: string[] = [];
    for (let seed = 1; seed <= 200; seed++) {
      const { bytes } = generateStream(seed);
      const whole = boundariesOf(bytes);
      for (const pieces of everySplitOf(bytes)) {
        const { delivered, progress, cutter } = cut(pieces);
        if (!delivered.equals(bytes) || cutter.heldBytes !== 0) wrong.push(`seed ${seed}: bytes`);
        let come = 0;
        let passed = 0;
        pieces.forEach((piece, index) => {
          come += piece.length;
          while ((whole[passed] ?? Number.POSITIVE_INFINITY) <= come) passed++;
          const given = progress[index];
          // A CR that may be the first half of a CRLF: given out at once where it is a line's end by itself.
          const isEarly = bytes[come - 1] === 0x0d && given === come;
          if (!isEarly && given !== (whole[passed - 1] ?? 0)) wrong.push(`seed ${seed}: ${given} of ${come}`);
        });
      }
    }
    expect(wrong).toEqual([]);
  });

  it("tells of the same frames whatever the split", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { bytes } = generateStream(seed);
      const reference = cut([bytes]).frames.join("\u0000").replaceAll("\u0000\n", "\u0000");
      for (const pieces of everySplitOf(bytes)) {
        expect(cut(pieces).frames.join("\u0000").replaceAll("\u0000\n", "\u0000"), `seed ${seed}`).toBe(reference);
      }
    }
  });

  it("gives out a CR-only frame at once, and waits for the LF where the lines end with CRLF", () => {
    expect(cut([Buffer.from("data: 1\r\r")]).delivered.toString()).toBe("data: 1\r\r");
    const waiting = cut([Buffer.from("data: 1\r\n\r")]);
    expect(waiting.delivered.length).toBe(0);
    expect(waiting.cutter.heldBytes).toBe(10);
  });

  it("gives out the LF of a CRLF whose CR was a boundary already", () => {
    const { delivered, cutter } = cut([Buffer.from("data: 1\n\r"), Buffer.from("\n"), Buffer.from("data: 2\n\n")]);
    expect(delivered.toString()).toBe("data: 1\n\r\ndata: 2\n\n");
    expect(cutter.heldBytes).toBe(0);
  });

  it("holds an unfinished frame back, and hands it over when asked", () => {
    const { delivered, cutter } = cut([Buffer.from("data: 1\n\ndata: "), Buffer.from("half")]);
    expect(delivered.toString()).toBe("data: 1\n\n");
    expect(Buffer.concat(cutter.takeHeld()).toString()).toBe("data: half");
    expect(cutter.heldBytes).toBe(0);
  });

  it("passes a piece on without copying it where it ends at a boundary", () => {
    const piece = Buffer.from("event: a\ndata: 1\n\n");
    const out: Uint8Array[] = [];
    new SseFrameCutter({ onFrame: () => undefined }).push(piece, out);
    expect(out).toHaveLength(1);
    expect(out[0]).toBe(piece);
  });

  it("takes an event of 20 MB in small pieces", () => {
    const big = Buffer.concat([Buffer.from("data: "), Buffer.alloc(20 * 1024 * 1024, 0x61), Buffer.from("\n\n")]);
    const { delivered, frames } = cut(split(big, [65_536]));
    expect(delivered.equals(big)).toBe(true);
    expect(frames).toHaveLength(1);
  });

  it("finds a CR in the middle of a long line", () => {
    const long = "x".repeat(500);
    const { frames } = cut([Buffer.from(`data: ${long}\r\rdata: ${long}\n\ndata: ${long}\r\n\r\n`)]);
    expect(frames).toHaveLength(3);
  });
});
