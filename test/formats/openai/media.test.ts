import { describe, expect, it } from "vitest";
import { toHub } from "../../support/chat-context.ts";

const translate = (part: unknown) => toHub({ model: "claude-opus-4-6", messages: [{ role: "user", content: [part] }] });
const block = (part: unknown) => translate(part).request.messages[0]?.content[0];
const param = (part: unknown): unknown => {
  try {
    translate(part);
  } catch (error) {
    return (error as { param?: unknown }).param;
  }
  return "no error";
};
const image = (url: unknown, extra: object = {}) => ({ type: "image_url", image_url: { url, ...extra } });
const file = (file_data: string, filename?: string) => ({
  type: "file",
  file: { file_data, ...(filename === undefined ? {} : { filename }) },
});
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("images", () => {
  it("of the wrong but common type are named rightly", () => {
    expect(block(image("data:image/jpg;base64,AAAA"))).toEqual({
      type: "image",
      source: { type: "base64", media_type: "image/jpeg", data: "AAAA" },
    });
    expect(block(image("DATA:image/PNG;charset=x;base64,AAAA"))).toMatchObject({ source: { media_type: "image/png" } });
  });

  it("may have an address, also as a bare string", () => {
    expect(block(image("http://x.test/a.png"))).toMatchObject({ source: { type: "url", url: "http://x.test/a.png" } });
    expect(block({ type: "image_url", image_url: "https://x.test/a.png" })).toMatchObject({ source: { type: "url" } });
    expect(block({ type: "input_image", image_url: "https://x.test/a.png" })).toMatchObject({
      source: { type: "url" },
    });
  });

  it.each(["file:///etc/passwd", "data:image/png,rawbytes", "", "x.png"])("behind %j are refused", (url) => {
    expect(param(image(url))).toBe("messages[0].content[0].image_url.url");
  });

  it("declared as another type than their bytes show are named rightly, with a warning", () => {
    const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0]).toString("base64");
    const { request, warnings } = translate(image(`data:image/png;base64,${jpeg}`));
    expect(request.messages[0]?.content[0]).toMatchObject({ source: { media_type: "image/jpeg" } });
    expect(warnings.map(({ code }) => code)).toEqual(["repaired:media_type"]);
  });

  it("have no place in an assistant message", () => {
    const messages = [
      { role: "user", content: "q" },
      { role: "assistant", content: [image("https://x.test/a.png")] },
    ];
    expect(() => toHub({ model: "claude-opus-4-6", messages })).toThrow(
      expect.objectContaining({ param: "messages[1].content" }),
    );
  });

  it("lose their level of detail with a warning, unless it is the default", () => {
    expect(translate(image("https://x.test/a.png", { detail: "low" })).warnings.map(({ code }) => code)).toEqual([
      "dropped:detail",
    ]);
    expect(translate(image("https://x.test/a.png", { detail: "auto" })).warnings).toEqual([]);
  });
});

describe("files", () => {
  it("of text become text documents", () => {
    expect(block(file(`data:text/plain;base64,${base64("grüße")}`, "a.txt"))).toEqual({
      type: "document",
      source: { type: "text", media_type: "text/plain", data: "grüße" },
      title: "a.txt",
    });
    expect(block(file(`data:application/json;base64,${base64("{}")}`))).toMatchObject({ source: { data: "{}" } });
    expect(param(file("data:text/plain;base64,***"))).toBe("messages[0].content[0].file.file_data");
  });

  it("may be images, or PDFs by their name or their bytes", () => {
    expect(block(file("data:image/png;base64,AAAA"))).toMatchObject({ type: "image" });
    expect(block(file("AAAA", "a.PDF"))).toMatchObject({
      type: "document",
      source: { media_type: "application/pdf", data: "AAAA" },
    });
    expect(block(file("JVBERi0="))).toMatchObject({ type: "document", source: { media_type: "application/pdf" } });
    expect(block({ type: "input_file", file_url: "https://x.test/a.pdf" })).toMatchObject({ source: { type: "url" } });
  });

  it("of other types are refused", () => {
    expect(param(file("data:application/zip;base64,AAAA", "a.zip"))).toBe("messages[0].content[0].file.file_data");
    expect(param({ type: "file", file: {} })).toBe("messages[0].content[0].file.file_data");
  });

  it("of 20 MB cost no more than their bytes", () => {
    const data = "A".repeat(20_000_000);
    expect(block(image(`data:image/png;base64,${data}`))).toMatchObject({ source: { data } });
  });
});
