import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { malformed, type Notes } from "../notes.ts";

/** Keywords that Anthropic refuses at the top of a tool's schema: "input_schema does not support oneOf, allOf, or anyOf at the top level". */
const combinators = ["allOf", "anyOf", "oneOf"] as const;

/** The schema that a local `$ref` points to, or the schema itself. One step: a chain of references is not worth following here. */
export function resolveLocalRef(schema: JsonObject, root: JsonObject): JsonObject {
  const reference = schema["$ref"];
  if (typeof reference !== "string" || !reference.startsWith("#/")) return schema;
  let target: unknown = root;
  for (const step of reference.slice(2).split("/")) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    target = isJsonObject(target) && Object.hasOwn(target, key) ? target[key] : undefined;
  }
  return isJsonObject(target) ? target : schema;
}

const stringsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];

/** Adds a branch's properties; one that two branches define differently may be either. */
function addProperties(into: Map<string, unknown>, branch: JsonObject): void {
  if (!isJsonObject(branch["properties"])) return;
  for (const [name, schema] of Object.entries(branch["properties"])) {
    const known = into.get(name);
    if (known === undefined) into.set(name, schema);
    else if (JSON.stringify(known) !== JSON.stringify(schema)) into.set(name, { anyOf: [known, schema] });
  }
}

/** What every branch requires (`anyOf`, `oneOf`), or what any does (`allOf`). */
function requiredOf(branches: readonly JsonObject[], combinator: string): string[] {
  const lists = branches.map((branch) => stringsOf(branch["required"]));
  if (combinator === "allOf") return lists.flat();
  const [first = [], ...rest] = lists;
  return first.filter((name) => rest.every((list) => list.includes(name)));
}

/** One object that admits whatever some branch admits: wider than the caller's schema, and said in a warning. */
function flatten(schema: JsonObject): JsonObject {
  const properties = new Map<string, unknown>();
  const required = new Set(stringsOf(schema["required"]));
  addProperties(properties, schema);
  for (const combinator of combinators) {
    const branches = Array.isArray(schema[combinator]) ? schema[combinator].filter(isJsonObject) : [];
    const resolved = branches.map((branch) => resolveLocalRef(branch, schema));
    for (const branch of resolved) addProperties(properties, branch);
    for (const name of requiredOf(resolved, combinator)) required.add(name);
  }
  const { allOf: _all, anyOf: _any, oneOf: _one, properties: _own, required: _required, ...rest } = schema;
  const flat: JsonObject = { ...rest, type: "object", properties: Object.fromEntries(properties) };
  if (required.size > 0) flat["required"] = [...required];
  return flat;
}

/**
 * The parameters of a function as a tool's `input_schema`: always an object, with no alternatives at the top.
 * Throws: for parameters that describe something else than an object, which no side can call.
 */
export function toolSchema(
  parameters: unknown,
  path: string,
  tool: string,
  notes: Notes,
): JsonObject & { type: "object" } {
  if (parameters === undefined || parameters === null) return { type: "object", properties: {} };
  if (!isJsonObject(parameters)) {
    throw malformed(
      `${path} must be a JSON schema object`,
      path,
      "Send the parameters as a JSON schema of type object.",
    );
  }
  const type = parameters["type"];
  const isObject = type === undefined || type === null || type === "object" || stringsOf(type).includes("object");
  if (!isObject) {
    throw malformed(
      `${path}.type must be "object"`,
      `${path}.type`,
      "Wrap the parameters into a JSON schema of type object.",
    );
  }
  if (combinators.some((combinator) => parameters[combinator] !== undefined)) {
    notes.add("changed", tool, path, "alternatives at the top of the schema are merged into one object");
    return { ...flatten(parameters), type: "object" };
  }
  if (type === "object") return parameters as JsonObject & { type: "object" };
  if (Object.keys(parameters).length === 0) return { type: "object", properties: {} };
  return { ...parameters, type: "object" };
}
