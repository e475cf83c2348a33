import { isJsonObject, type JsonObject } from "../../../base/json.ts";
import { firstProblem } from "./first-problem.ts";

/** Keywords that constrained decoding can't keep, by the type they belong to. Source: Anthropic, structured outputs, "limitations". */
const unsupportedKeywords: Readonly<Record<string, readonly string[]>> = {
  string: ["minLength", "maxLength", "pattern"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  integer: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  array: ["maxItems", "uniqueItems", "contains", "prefixItems"],
  object: ["minProperties", "maxProperties", "patternProperties", "propertyNames", "dependentRequired"],
};

const unsupportedEverywhere = ["oneOf", "not", "if", "then", "else", "dependentSchemas", "$dynamicRef"];
const formats = ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];
const maxOptionalProperties = 24;

/** What is found on the way through one schema. */
interface Walk {
  readonly root: JsonObject;
  /** References that were followed to their end: a definition used twice is looked at once. */
  readonly followed: Set<string>;
  optionalProperties: number;
}

const typesOf = (schema: JsonObject): string[] => [schema["type"]].flat().filter((type) => typeof type === "string");

function checkKeywords(schema: JsonObject): string | undefined {
  const general = unsupportedEverywhere.find((keyword) => Object.hasOwn(schema, keyword));
  if (general !== undefined) return `Schema keyword '${general}' is not supported`;
  for (const type of typesOf(schema)) {
    const keyword = unsupportedKeywords[type]?.find((one) => Object.hasOwn(schema, one));
    if (keyword !== undefined) return `For '${type}' type, property '${keyword}' is not supported`;
  }
  const minItems = schema["minItems"];
  if (minItems !== undefined && minItems !== 0 && minItems !== 1) {
    return "For 'array' type, 'minItems' values other than 0 or 1 are not supported";
  }
  const format = schema["format"];
  return typeof format === "string" && !formats.includes(format)
    ? `String format '${format}' is not supported`
    : undefined;
}

function* objectProblems(schema: JsonObject, walk: Walk, via: readonly string[]): Generator<string | undefined> {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  if (typesOf(schema).includes("object") && schema["additionalProperties"] !== false) {
    yield "For 'object' type, 'additionalProperties' must be explicitly set to false";
  }
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  for (const [name, property] of Object.entries(properties)) {
    if (!required.includes(name)) walk.optionalProperties++;
    yield checkNode(property, walk, via);
  }
}

/** The schema that a reference names; undefined for one that leaves the document. */
function follow(reference: string, root: JsonObject): unknown {
  if (!reference.startsWith("#")) return undefined;
  return reference
    .slice(1)
    .split("/")
    .slice(1)
    .reduce<unknown>((node, key) => (isJsonObject(node) ? node[key] : undefined), root);
}

function* nodeProblems(schema: JsonObject, walk: Walk, via: readonly string[]): Generator<string | undefined> {
  yield checkKeywords(schema);
  const reference = schema["$ref"];
  if (typeof reference === "string") {
    if (via.includes(reference)) yield "Recursive schemas are not supported";
    const target = follow(reference, walk.root);
    if (target === undefined) yield `Schema reference '${reference}' can't be resolved`;
    if (!walk.followed.has(reference)) yield checkNode(target, walk, [...via, reference]);
    walk.followed.add(reference);
  }
  yield* objectProblems(schema, walk, via);
  if (schema["items"] !== undefined) yield checkNode(schema["items"], walk, via);
  for (const keyword of ["anyOf", "allOf"]) {
    for (const option of Array.isArray(schema[keyword]) ? schema[keyword] : []) yield checkNode(option, walk, via);
  }
}

function checkNode(schema: unknown, walk: Walk, via: readonly string[]): string | undefined {
  return isJsonObject(schema) ? firstProblem(nodeProblems(schema, walk, via)) : undefined;
}

/**
 * What constrained decoding can't do with a schema: of a strict tool, or of an output format.
 * Shape: a clause without a path, or undefined.
 */
export function checkStrictSchema(schema: JsonObject): string | undefined {
  const walk: Walk = { root: schema, followed: new Set(), optionalProperties: 0 };
  const problem = checkNode(schema, walk, []);
  if (problem !== undefined || walk.optionalProperties <= maxOptionalProperties) return problem;
  return `Schema has too many optional parameters (${walk.optionalProperties} > ${maxOptionalProperties}): make some required`;
}
