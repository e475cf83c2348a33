import { describe, expect, it } from "vitest";
import { encodeSseEvent, parseSseEvent } from "../../src/base/sse-event.ts";

describe("parsing a frame", () => {
  it.each([
    ["LF", "event: ping\ndata: {}\n\n"],
    ["CRLF", "event: ping\r\ndata: {}\r\n\r\n"],
    ["CR", "event: ping\rdata: {}\r\r"],
    ["mixed line ends", "event: ping\r\ndata: {}\r\n\n"],
    ["no space behind the colon", "event:ping\ndata:{}\n\n"],
    ["a byte order mark", "\ufeffevent: ping\ndata: {}\n\n"],
    ["a byte order mark as bytes", "\u00ef\u00bb\u00bfevent: ping\ndata: {}\n\n"],
    ["comments, ids and retries", ": hi\nid: 1\nretry: 5\nevent: ping\ndata: {}\n: bye\n\n"],
    ["data before its name", "data: {}\nevent: ping\n\n"],
    ["the last of two names", "event: pong\nevent: ping\ndata: {}\n\n"],
  ])("understands %s", (_what, frame) => {
    expect(parseSseEvent(frame)).toEqual({ event: "ping", data: "{}" });
  });

  it("joins data lines by LF and keeps all but one leading space", () => {
    expect(parseSseEvent("data: a\ndata:  b\ndata\ndata: c\n\n")).toEqual({ event: "", data: "a\n b\n\nc" });
  });

  it("finds nothing in a comment, an empty frame, or a name without data", () => {
    for (const frame of [": ping\n\n", "\n\n", "event: ping\n\n", ""]) expect(parseSseEvent(frame)).toBeUndefined();
  });

  it("keeps colons, and text outside ASCII, of the data", () => {
    expect(parseSseEvent('data: {"a":"é: \u2028 x"}\n\n')?.data).toBe('{"a":"é: \u2028 x"}');
  });
});

describe("writing a frame", () => {
  it("is read back as it was written, line ends inside the data included", () => {
    for (const data of ["{}", "a\nb", "", " x"]) {
      expect(parseSseEvent(encodeSseEvent(data, "e"))).toEqual({ event: "e", data });
    }
    expect(encodeSseEvent("{}")).toBe("data: {}\n\n");
    expect(encodeSseEvent("a\r\nb")).toBe("data: a\ndata: b\n\n");
  });
});
