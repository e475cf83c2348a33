import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formatsModule from "ajv-formats";
import { root } from "./source-files.ts";

const validators = new Map<string, ValidateFunction>();

/** The errors of a value against one of test/fixtures/schemas (named without `.schema.json`); empty when it is valid. */
export function schemaErrors(schema: string, value: unknown): string[] {
  let validate = validators.get(schema);
  if (validate === undefined) {
    const ajv = new Ajv2020({ strict: false, allErrors: false, allowUnionTypes: true });
    formatsModule.default(ajv);
    ajv.addFormat("unixtime", {
      type: "number",
      validate: (seconds: number) => Number.isInteger(seconds) && seconds >= 0,
    });
    const text = readFileSync(join(root, "test/fixtures/schemas", `${schema}.schema.json`), "utf8");
    validate = ajv.compile(JSON.parse(text) as object);
    validators.set(schema, validate);
  }
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
