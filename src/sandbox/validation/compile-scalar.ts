import { isJsonObject } from "../../base/json.ts";
import { oneOf, say, scalarWords } from "./problem-words.ts";
import type { Check, SchemaNode } from "./schema-node.ts";

/** Whether a value is of a JSON Schema type. */
export function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return isJsonObject(value);
    default:
      return typeof value === type;
  }
}

function wrongType(value: unknown, type: string): string {
  if (type === "integer" && typeof value === "number") {
    return "Input should be a valid integer, got a number with a fractional part";
  }
  return scalarWords[type] ?? "Input is not valid";
}

function beyondBounds(node: SchemaNode, value: unknown): string | undefined {
  const { minimum, maximum, maxLength } = node;
  if (typeof value === "number") {
    if (minimum !== undefined && value < minimum) return `Input should be greater than or equal to ${minimum}`;
    if (maximum !== undefined && value > maximum) return `Input should be less than or equal to ${maximum}`;
  }
  const isTooLong = typeof value === "string" && maxLength !== undefined && value.length > maxLength;
  return isTooLong ? `String should have at most ${maxLength} characters` : undefined;
}

/** The check of a string, a number or a boolean: allowed values, type and bounds. */
export function compileScalar(node: SchemaNode): Check {
  const type = node.type ?? "any";
  const allowed = node.const === undefined ? node.enum : [node.const];
  return (value, path) => {
    if (allowed !== undefined) {
      const fits = allowed.some((one) => one === value);
      return fits ? undefined : say(path, `Input should be ${oneOf(allowed, "or")}`);
    }
    if (type !== "any" && !isOfType(value, type)) return say(path, wrongType(value, type));
    const beyond = beyondBounds(node, value);
    return beyond === undefined ? undefined : say(path, beyond);
  };
}
