import { isJsonObject, type JsonObject } from "../../base/json.ts";

/** Values for the string formats of JSON Schema. */
const formatExamples: Readonly<Record<string, string>> = {
  "date-time": "2026-01-01T00:00:00Z",
  date: "2026-01-01",
  time: "00:00:00Z",
  duration: "PT0S",
  email: "sandbox@example.com",
  hostname: "example.com",
  uri: "https://example.com/",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uuid: "00000000-0000-4000-8000-000000000000",
};

/** Deeper than this a recursive schema gets its shortest branch, or null. */
const maxDepth = 32;

/** A schema may ask for lists of lists of lists: no value gets more parts than this. */
const maxParts = 10_000;

/** What is known on the way down: the document for references, the depth, and the name of the property. */
interface Place {
  readonly root: JsonObject;
  readonly made: { parts: number };
  readonly depth: number;
  readonly name: string;
}

const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

function stringFor(schema: JsonObject, name: string): string {
  const format = formatExamples[String(schema["format"])];
  if (format !== undefined) return format;
  const least = numberOf(schema["minLength"]) ?? 0;
  const most = numberOf(schema["maxLength"]) ?? Number.POSITIVE_INFINITY;
  return `sandbox ${name}`.trim().padEnd(least, ".").slice(0, most);
}

function numberFor(schema: JsonObject, step: number): number {
  const below = numberOf(schema["exclusiveMinimum"]);
  const least = numberOf(schema["minimum"]) ?? (below === undefined ? undefined : below + step);
  const above = numberOf(schema["exclusiveMaximum"]);
  const most = numberOf(schema["maximum"]) ?? (above === undefined ? undefined : above - step);
  const value = Math.min(Math.max(0, least ?? 0), most ?? Number.POSITIVE_INFINITY);
  const multiple = numberOf(schema["multipleOf"]);
  const rounded = multiple === undefined ? value : Math.ceil(value / multiple) * multiple;
  return step === 1 ? Math.ceil(rounded) : rounded;
}

function objectFor(schema: JsonObject, place: Place): JsonObject {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"].map(String) : [];
  const entries = required.map((name) => [
    name,
    instanceAt(properties[name] ?? true, { ...place, depth: place.depth + 1, name }),
  ]);
  return Object.fromEntries(entries);
}

function arrayFor(schema: JsonObject, place: Place): unknown[] {
  const length = Math.min(numberOf(schema["minItems"]) ?? 0, 1_000);
  const below = { ...place, depth: place.depth + 1 };
  return Array.from({ length }, () => instanceAt(schema["items"] ?? true, below));
}

/** The first type that isn't null; what a schema without a type seems to mean. */
function typeOf(schema: JsonObject): string {
  const types = [schema["type"]].flat().filter((type) => typeof type === "string");
  if (types.length > 0) return types.find((type) => type !== "null") ?? "null";
  if (schema["properties"] !== undefined || schema["required"] !== undefined) return "object";
  return schema["items"] === undefined ? "string" : "array";
}

function follow(reference: string, root: JsonObject): unknown {
  const keys = reference
    .replace(/^#\/?/, "")
    .split("/")
    .filter((key) => key !== "");
  return keys.reduce<unknown>((node, key) => (isJsonObject(node) ? node[key] : undefined), root);
}

/** All parts of an `allOf` as one schema. */
function merged(schema: JsonObject, parts: readonly unknown[], root: JsonObject): JsonObject {
  const { allOf: _, ...own } = schema;
  let all: JsonObject = own;
  for (const part of parts) {
    const one = isJsonObject(part) && typeof part["$ref"] === "string" ? follow(part["$ref"], root) : part;
    if (!isJsonObject(one)) continue;
    const properties = {
      ...(all["properties"] as JsonObject | undefined),
      ...(one["properties"] as JsonObject | undefined),
    };
    const required = [...new Set([all["required"] ?? [], one["required"] ?? []].flat())];
    all = { ...all, ...one, properties, required };
    if (Object.keys(properties).length === 0) delete all["properties"];
    if (required.length === 0) delete all["required"];
  }
  return all;
}

/** Of several options the first that isn't null; deep down null, where it is one of them. */
function option(options: readonly unknown[], place: Place): unknown {
  const isNull = (one: unknown): boolean => isJsonObject(one) && one["type"] === "null";
  if (place.depth > maxDepth / 2 && options.some(isNull)) return { type: "null" };
  return options.find((one) => !isNull(one)) ?? options[0] ?? true;
}

/** Where a schema points elsewhere, the schema that counts instead. */
function indirect(schema: JsonObject, place: Place): unknown {
  const { $ref: reference, anyOf, oneOf, allOf } = schema;
  if (typeof reference === "string") return follow(reference, place.root) ?? true;
  const options = Array.isArray(anyOf) ? anyOf : oneOf;
  if (Array.isArray(options) && options.length > 0) return option(options, place);
  return Array.isArray(allOf) ? merged(schema, allOf, place.root) : undefined;
}

function instanceAt(schema: unknown, place: Place): unknown {
  if (!isJsonObject(schema)) return stringFor({}, place.name);
  place.made.parts++;
  if (place.depth > maxDepth || place.made.parts > maxParts) return null;
  if (schema["const"] !== undefined) return schema["const"];
  if (Array.isArray(schema["enum"]) && schema["enum"].length > 0) return schema["enum"][0];
  const other = indirect(schema, place);
  if (other !== undefined) return instanceAt(other, { ...place, depth: place.depth + 1 });
  switch (typeOf(schema)) {
    case "object":
      return objectFor(schema, place);
    case "array":
      return arrayFor(schema, place);
    case "integer":
      return numberFor(schema, 1);
    case "number":
      return numberFor(schema, 0.5);
    case "boolean":
      return false;
    case "null":
      return null;
    default:
      return stringFor(schema, place.name);
  }
}

/**
 * The smallest value that a JSON Schema allows: required properties only, the first of every choice. The same schema always
 * gives the same value; strings name the property they stand for.
 */
export function jsonInstance(schema: JsonObject): unknown {
  return instanceAt(schema, { root: schema, made: { parts: 0 }, depth: 0, name: "" });
}
