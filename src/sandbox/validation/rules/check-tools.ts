import { isJsonObject, type JsonObject } from "../../../base/json.ts";
import type { MessagesRequest } from "../../messages-request.ts";
import { checkStrictSchema } from "./check-strict-schema.ts";
import { firstProblem } from "./first-problem.ts";

const namePattern = /^[a-zA-Z0-9_-]{1,128}$/;
const propertyPattern = /^[a-zA-Z0-9_.-]{1,64}$/;
const schemaTypes = ["string", "number", "integer", "boolean", "object", "array", "null"];
const schemaMaps = ["properties", "$defs", "definitions", "patternProperties"];
const schemaLists = ["anyOf", "oneOf", "allOf"];

const invalidSchema =
  "JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12).";

function hasValidKeywords(schema: JsonObject): boolean {
  const types = schema["type"] === undefined ? [] : [schema["type"]].flat();
  const required = schema["required"] ?? [];
  const options = schema["enum"] ?? [];
  return (
    types.every((type) => typeof type === "string" && schemaTypes.includes(type)) &&
    Array.isArray(required) &&
    required.every((name) => typeof name === "string") &&
    Array.isArray(options)
  );
}

/** The parts of draft 2020-12 that go wrong in practice: types, required, enum, and schemas where schemas must be. */
function isJsonSchema(schema: unknown): boolean {
  if (typeof schema === "boolean") return true;
  if (!isJsonObject(schema) || !hasValidKeywords(schema)) return false;
  const maps = schemaMaps.map((keyword) => schema[keyword] ?? {});
  const lists = schemaLists.map((keyword) => schema[keyword] ?? []);
  return (
    maps.every((map) => isJsonObject(map) && Object.values(map).every(isJsonSchema)) &&
    lists.every((list) => Array.isArray(list) && list.every(isJsonSchema)) &&
    (schema["items"] === undefined || isJsonSchema(schema["items"]))
  );
}

function checkInputSchema(schema: JsonObject, path: string): string | undefined {
  if (schemaLists.some((keyword) => Object.hasOwn(schema, keyword))) {
    return `${path}: input_schema does not support oneOf, allOf, or anyOf at the top level`;
  }
  const properties = schema["properties"];
  const names = isJsonObject(properties) ? Object.keys(properties) : [];
  if (names.some((name) => !propertyPattern.test(name))) {
    return `${path}.properties: Property keys should match pattern '${propertyPattern.source}'`;
  }
  return isJsonSchema({ ...schema, properties: properties ?? {} }) ? undefined : `${path}: ${invalidSchema}`;
}

function* customToolProblems(tool: JsonObject, place: number): Generator<string | undefined> {
  const path = `tools.${place}.custom`;
  const schema = isJsonObject(tool["input_schema"]) ? tool["input_schema"] : {};
  if (!namePattern.test(String(tool["name"])))
    yield `${path}.name: String should match pattern '${namePattern.source}'`;
  yield checkInputSchema(schema, `${path}.input_schema`);
  const strict = tool["strict"] === true ? checkStrictSchema(schema) : undefined;
  if (strict !== undefined) yield `${path}: ${strict}`;
}

function checkChoice(request: MessagesRequest): string | undefined {
  const choice = request.toolChoice;
  if (choice === undefined) return undefined;
  if (request.tools.length === 0) return "tool_choice: may only be specified while providing tools";
  const isOffered = choice.type !== "tool" || request.tools.some((tool) => tool["name"] === choice.name);
  return isOffered ? undefined : `tool_choice: Tool '${choice.name}' not found in provided tools`;
}

const isDeferred = (tool: JsonObject): boolean => tool["defer_loading"] === true;

function* problems(request: MessagesRequest): Generator<string | undefined> {
  const names = new Set<unknown>();
  for (const [place, tool] of request.tools.entries()) {
    if ((tool["type"] ?? "custom") === "custom") yield* customToolProblems(tool, place);
    if (tool["name"] !== undefined && names.has(tool["name"])) yield "tools: Tool names must be unique.";
    names.add(tool["name"]);
    if (isDeferred(tool) && isJsonObject(tool["cache_control"])) {
      yield `tools.${place}: a tool with defer_loading=true can't have cache_control: deferred tools are not part of the prompt`;
    }
  }
  if (request.tools.length > 0 && request.tools.every(isDeferred)) {
    yield "tools: at least one tool must have defer_loading=false";
  }
  yield checkChoice(request);
}

/** Names, schemas and choice of the tools. */
export function checkTools(request: MessagesRequest): string | undefined {
  return firstProblem(problems(request));
}
