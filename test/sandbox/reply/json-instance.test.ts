import { Ajv2020 } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { jsonInstance } from "../../../src/sandbox/reply/json-instance.ts";

const ajv = new Ajv2020({ strict: false });
(ajvFormats as unknown as (instance: Ajv2020) => void)(ajv);

const formats = ["date-time", "date", "time", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];
const schemas: [string, object][] = [
  ["an empty schema", {}],
  [
    "scalars",
    {
      type: "object",
      required: ["a", "b", "c", "d", "e"],
      properties: {
        a: { type: "string" },
        b: { type: "integer" },
        c: { type: "number" },
        d: { type: "boolean" },
        e: { type: "null" },
      },
    },
  ],
  [
    "bounds of numbers",
    {
      type: "object",
      required: ["a", "b", "c", "d"],
      properties: {
        a: { type: "integer", minimum: 3 },
        b: { type: "number", exclusiveMinimum: 2 },
        c: { type: "integer", maximum: -5 },
        d: { type: "integer", minimum: 4, multipleOf: 5 },
      },
    },
  ],
  [
    "lengths",
    {
      type: "object",
      required: ["a", "b"],
      properties: { a: { type: "string", minLength: 40 }, b: { type: "string", maxLength: 3 } },
    },
  ],
  [
    "choices",
    {
      type: "object",
      required: ["a", "b", "c"],
      properties: { a: { enum: ["x", "y"] }, b: { const: 5 }, c: { anyOf: [{ type: "null" }, { type: "integer" }] } },
    },
  ],
  ["lists", { type: "array", minItems: 2, items: { type: "array", minItems: 1, items: { type: "integer" } } }],
  ["types with null", { type: "object", required: ["a"], properties: { a: { type: ["null", "string"] } } }],
  [
    "references",
    {
      type: "object",
      required: ["a"],
      properties: { a: { $ref: "#/$defs/n" } },
      $defs: { n: { type: "object", required: ["v"], properties: { v: { type: "integer" } } } },
    },
  ],
  [
    "parts of an allOf",
    {
      allOf: [{ type: "object", required: ["a"], properties: { a: { type: "integer" } } }, { $ref: "#/$defs/b" }],
      $defs: { b: { type: "object", required: ["b"], properties: { b: { type: "boolean" } } } },
    },
  ],
  [
    "oneOf",
    { oneOf: [{ type: "object", required: ["kind"], properties: { kind: { const: "a" } } }, { type: "string" }] },
  ],
  [
    "a recursive schema with an end",
    {
      $ref: "#/$defs/n",
      $defs: {
        n: {
          type: "object",
          required: ["next"],
          properties: { next: { anyOf: [{ $ref: "#/$defs/n" }, { type: "null" }] } },
        },
      },
    },
  ],
  ["required without properties", { type: "object", required: ["a"] }],
  ...formats.map((format): [string, object] => [`the format ${format}`, { type: "string", format }]),
];

describe("jsonInstance", () => {
  it.each(schemas)("makes a value for %s, always the same", (_, schema) => {
    const value = jsonInstance(schema as never);
    const validate = ajv.compile(schema);
    expect([validate(value), validate.errors]).toEqual([true, null]);
    expect(jsonInstance(schema as never)).toEqual(value);
  });

  it("holds required properties only", () => {
    const schema = { type: "object", properties: { a: { type: "string" }, b: { type: "string" } }, required: ["b"] };
    expect(jsonInstance(schema)).toEqual({ b: "sandbox b" });
  });

  it("comes to an end for schemas without one", () => {
    const endless = { $ref: "#" };
    expect(jsonInstance(endless)).toBeNull();
    const wide = { type: "array", minItems: 1_000, items: { $ref: "#" } };
    expect(JSON.stringify(jsonInstance(wide)).length).toBeLessThan(10_000_000);
  });
});
