import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { resolveLocalRef } from "./tool-schema.ts";

/** What structured outputs understand. Source: Anthropic "Structured outputs", JSON Schema limitations. */
const supported = new Set([
  ...["type", "enum", "const", "anyOf", "allOf", "$ref", "$defs", "definitions", "format", "properties"],
  ...["required", "additionalProperties", "items", "title", "description", "default"],
]);
const supportedFormats = new Set([
  ...["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"],
]);
/** Keywords without a meaning for the answer: they go without a word. */
const meaningless = new Set(["$schema", "$id", "$comment", "examples", "readOnly", "writeOnly", "deprecated"]);

/** More optional properties than this make Anthropic's grammar compiler fail; its documented limit is 24. */
const mostOptionalProperties = 10;

/** A schema as structured outputs take it, and the places whose constraint only the description tells now. */
export interface StructuredSchema {
  readonly schema: JsonObject;
  readonly unenforced: readonly string[];
  /** Structured outputs can't express it at all: recursion, open objects, too many optional properties. */
  readonly reason?: string;
}

interface Walk {
  readonly root: JsonObject;
  readonly unenforced: string[];
  optional: number;
  reason: string | undefined;
}

/** A description that also says what can't be enforced: the model still reads it. */
function describe(description: unknown, removed: readonly string[]): string {
  const text = typeof description === "string" && description !== "" ? `${description}\n` : "";
  return `${text}(${removed.join(", ")})`;
}

function mapSchemas(value: unknown, walk: Walk, path: string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => sanitize(item, walk, `${path}[${index}]`));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, sanitize(item, walk, `${path}.${key}`)]));
}

/** The value of one keyword, or undefined where it has to go. */
function keyword(name: string, value: unknown, walk: Walk, path: string): unknown {
  if (name === "properties" || name === "$defs" || name === "definitions" || name === "anyOf" || name === "allOf") {
    return mapSchemas(value, walk, `${path}.${name}`);
  }
  if (name === "items") return Array.isArray(value) ? undefined : sanitize(value, walk, `${path}.items`);
  if (name === "format") return typeof value === "string" && supportedFormats.has(value) ? value : undefined;
  return supported.has(name) ? value : undefined;
}

/** An object of structured outputs is closed. One that was open on purpose can't be said. */
function close(schema: JsonObject, source: JsonObject, walk: Walk): void {
  const open = source["additionalProperties"];
  if (open !== undefined && open !== false) walk.reason ??= "it has open objects";
  const properties = isJsonObject(source["properties"]) ? Object.keys(source["properties"]) : [];
  if (properties.length === 0 && open !== false) walk.reason ??= "it has open objects";
  const required = Array.isArray(source["required"]) ? source["required"] : [];
  walk.optional += properties.filter((name) => !required.includes(name)).length;
  schema["additionalProperties"] = false;
}

function isObjectSchema(schema: JsonObject): boolean {
  const type = schema["type"];
  return type === "object" || (Array.isArray(type) && type.includes("object")) || isJsonObject(schema["properties"]);
}

function sanitize(value: unknown, walk: Walk, path: string): unknown {
  if (!isJsonObject(value)) return value;
  const schema: JsonObject = {};
  const removed: string[] = [];
  for (const [written, inner] of Object.entries(value)) {
    const name = written === "oneOf" && value["anyOf"] === undefined ? "anyOf" : written;
    const kept = keyword(name, inner, walk, path);
    if (kept !== undefined) schema[name] = kept;
    else if (inner !== undefined && !meaningless.has(name)) removed.push(`${name}: ${JSON.stringify(inner)}`);
  }
  if (removed.length > 0) {
    schema["description"] = describe(schema["description"], removed);
    walk.unenforced.push(path);
  }
  if (typeof value["$ref"] === "string" && resolveLocalRef(value, walk.root) === value) {
    walk.reason ??= "it refers to a schema elsewhere";
  }
  if (isObjectSchema(value)) close(schema, value, walk);
  return schema;
}

/** True where following the references of a schema leads back to it. */
function isRecursive(root: JsonObject): boolean {
  const open = new Set<unknown>();
  const done = new Set<unknown>();
  const leadsBack = (value: unknown): boolean => {
    if (typeof value !== "object" || value === null || done.has(value)) return false;
    if (open.has(value)) return true;
    open.add(value);
    const target = isJsonObject(value) ? resolveLocalRef(value, root) : value;
    const inner = target === value ? withoutDefinitions(value) : [target];
    const found = inner.some(leadsBack);
    open.delete(value);
    done.add(value);
    return found;
  };
  return leadsBack(root);
}

/** Definitions count only where they are referred to. */
function withoutDefinitions(value: object): unknown[] {
  return Object.entries(value)
    .filter(([key]) => key !== "$defs" && key !== "definitions")
    .map(([, inner]) => inner);
}

/** A schema in the form that structured outputs take. What it can't enforce moves into the descriptions. */
export function structuredSchema(source: JsonObject): StructuredSchema {
  if (isRecursive(source)) return { schema: source, unenforced: [], reason: "it is recursive" };
  const walk: Walk = { root: source, unenforced: [], optional: 0, reason: undefined };
  const schema = sanitize(source, walk, "schema") as JsonObject;
  if (walk.optional > mostOptionalProperties)
    walk.reason ??= `it has more than ${mostOptionalProperties} optional properties`;
  return walk.reason === undefined
    ? { schema, unenforced: walk.unenforced }
    : { schema, unenforced: walk.unenforced, reason: walk.reason };
}
