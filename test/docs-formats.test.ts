import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chatToHub } from "../src/formats/openai-chat/request.ts";
import { responsesToHub } from "../src/formats/openai-responses/request.ts";
import { chatSamples, type FieldSample, responsesSamples } from "./support/format-samples.ts";
import { renderFormats } from "./support/render-formats.ts";
import { root } from "./support/source-files.ts";

type Schema = { properties?: Record<string, unknown>; allOf?: Schema[]; $ref?: string; $defs?: Record<string, Schema> };

/** The fields that OpenAI's schema gives a request, those of the schemas it is made of included. */
function fieldsOf(name: string): string[] {
  const whole = JSON.parse(readFileSync(join(root, `test/fixtures/schemas/${name}.schema.json`), "utf8")) as Schema;
  const read = ({ properties = {}, allOf = [], $ref }: Schema): string[] => {
    const target = $ref
      ?.split("/")
      .slice(1)
      .reduce((at: unknown, key) => (at as Record<string, unknown>)[key], whole);
    return [
      ...Object.keys(properties),
      ...allOf.flatMap(read),
      ...(target === undefined ? [] : read(target as Schema)),
    ];
  };
  return read(whole);
}

const shown = (samples: readonly FieldSample[]): string[] => samples.map(({ field }) => field);

describe("docs/formats.md", () => {
  it("is what the translations do", async () => {
    const plain = [{ role: "user", content: "hi" }];
    const text = renderFormats({
      chat: { toHub: chatToHub, plain: { messages: plain }, samples: chatSamples },
      responses: { toHub: responsesToHub, plain: { input: plain }, samples: responsesSamples },
    });
    await expect(text).toMatchFileSnapshot("../docs/formats.md");
  });

  it.each([
    ["openai.CreateChatCompletionRequest", chatSamples],
    ["openai.CreateResponse", responsesSamples],
  ])("shows every field of %s", (schema, samples) => {
    const missing = fieldsOf(schema).filter((field) => field !== "model" && !shown(samples).includes(field));
    expect(missing).toEqual([]);
  });
});
