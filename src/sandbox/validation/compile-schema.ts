import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { compileScalar, isOfType } from "./compile-scalar.ts";
import { below, oneOf, say, scalarWords } from "./problem-words.ts";
import type { Check, SchemaNode } from "./schema-node.ts";

/** How an API tells the members of a union by `type` apart. */
export interface TagStyle {
  /** The tag is a part of the path: `content.0.text.text`. */
  readonly inPath: boolean;
  /** What an object without a tag is, where the union has such a member. */
  readonly fallback: string | undefined;
}

/** The Messages API: tags in the path; a tool without a type is a custom one. */
const messagesTags: TagStyle = { inPath: true, fallback: "custom" };

/** One field of a closed object. */
interface Field {
  readonly name: string;
  readonly check: Check;
  readonly required: boolean;
  readonly beta: string | undefined;
}

/** Turns schema nodes into checks; a definition is compiled once, when it is first needed. */
interface Compiler {
  readonly definitions: Readonly<Record<string, SchemaNode>>;
  readonly compiled: Map<string, Check>;
  readonly tags: TagStyle;
}

function definition(compiler: Compiler, name: string): SchemaNode {
  return compiler.definitions[name] ?? {};
}

/** The node itself, a reference followed. */
function resolved(compiler: Compiler, node: SchemaNode): SchemaNode {
  return node.ref === undefined ? node : resolved(compiler, definition(compiler, node.ref));
}

function compileReference(compiler: Compiler, name: string): Check {
  // Content holds content: the check is looked up when it runs, so that a definition may need itself.
  return (value, path, betas) => {
    const known = compiler.compiled.get(name);
    if (known !== undefined) return known(value, path, betas);
    const check = compileNode(compiler, definition(compiler, name));
    compiler.compiled.set(name, check);
    return check(value, path, betas);
  };
}

/** True where a field needs no beta, or one of the request's betas opens it. */
function isOpened(beta: string | undefined, betas: readonly string[]): boolean {
  return beta === undefined || betas.some((one) => one.startsWith(beta));
}

function checkField(field: Field, value: JsonObject, path: string, betas: readonly string[]): string | undefined {
  if (Object.hasOwn(value, field.name)) {
    return isOpened(field.beta, betas) ? field.check(value[field.name], below(path, field.name), betas) : undefined;
  }
  return field.required ? say(below(path, field.name), "Field required") : undefined;
}

function compileObject(compiler: Compiler, node: SchemaNode): Check {
  const fields: readonly Field[] = Object.entries(node.properties ?? {}).map(([name, property]) => ({
    name,
    check: compileNode(compiler, property),
    required: node.required?.includes(name) === true,
    beta: property.beta,
  }));
  const known = new Map(fields.map((field) => [field.name, field]));
  const isOpen = node.additionalProperties !== undefined;
  const isKnown = (key: string, betas: readonly string[]): boolean => {
    const field = known.get(key);
    return field === undefined ? isOpen : isOpened(field.beta, betas);
  };
  const wrong = isOpen ? scalarWords["object"] : "Input should be a valid dictionary or object to extract fields from";
  return (value, path, betas) => {
    if (!isJsonObject(value)) return say(path, wrong ?? "");
    for (const field of fields) {
      const problem = checkField(field, value, path, betas);
      if (problem !== undefined) return problem;
    }
    const extra = Object.keys(value).find((key) => !isKnown(key, betas));
    return extra === undefined ? undefined : say(below(path, extra), "Extra inputs are not permitted");
  };
}

const items = (count: number): string => (count === 1 ? "1 item" : `${count} items`);

function compileArray(compiler: Compiler, node: SchemaNode): Check {
  const check = compileNode(compiler, node.items ?? {});
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = node;
  return (value, path, betas) => {
    if (!Array.isArray(value)) return say(path, "Input should be a valid list");
    if (value.length < minItems) return say(path, `List should have at least ${items(minItems)}, not ${value.length}`);
    if (value.length > maxItems) return say(path, `List should have at most ${items(maxItems)}, not ${value.length}`);
    for (const [index, item] of value.entries()) {
      const problem = check(item, below(path, index), betas);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

/** The field that tells the members of a union apart, if all have one: `role` for messages, `type` for all else. */
function discriminatorOf(options: readonly SchemaNode[]): "role" | "type" | undefined {
  const has = (field: string): boolean => options.every((option) => option.properties?.[field]?.const !== undefined);
  if (has("role")) return "role";
  const tagged = options.filter((option) => option.properties?.["type"]?.const !== undefined);
  return tagged.length > 1 || has("type") ? "type" : undefined;
}

/** A union by tag. The tag of `type` may become part of the path (`content.0.text.text`), that of `role` doesn't. */
function compileTagged(compiler: Compiler, options: readonly SchemaNode[], field: "role" | "type"): Check {
  const checks = new Map<string, Check>();
  const betaOf = new Map<string, string | undefined>();
  for (const option of options) {
    const node = resolved(compiler, option);
    const tag = node.properties?.[field]?.const ?? node.properties?.[field]?.enum?.[0] ?? "";
    checks.set(tag, compileNode(compiler, option));
    betaOf.set(tag, node.beta);
  }
  const { inPath, fallback: standard = "" } = compiler.tags;
  const fallback = checks.has(standard) ? standard : undefined;
  const tags = [...checks.keys()].filter((tag) => betaOf.get(tag) === undefined).sort();
  return (value, path, betas) => {
    if (!isJsonObject(value)) return say(path, "Input should be a valid dictionary or object to extract fields from");
    const tag = value[field] ?? fallback;
    if (tag === undefined) return say(below(path, field), "Field required");
    const check = typeof tag === "string" ? checks.get(tag) : undefined;
    if (check !== undefined && isOpened(betaOf.get(`${tag}`), betas))
      return check(value, inPath && field === "type" ? below(path, `${tag}`) : path, betas);
    if (field === "role") return say(below(path, "role"), `Input should be ${oneOf(tags, "or")}`);
    const expected = tags.map((one) => `'${one}'`).join(", ");
    return say(
      path,
      `Input tag '${String(tag)}' found using 'type' does not match any of the expected tags: ${expected}`,
    );
  };
}

/** A union by JSON type (a string or a list); a value of neither is told what the last one wants. */
function compileByType(compiler: Compiler, options: readonly SchemaNode[]): Check {
  const checks = options.map((option) => {
    const node = resolved(compiler, option);
    const type = node.type ?? (node.anyOf === undefined ? "any" : "object");
    return { type, check: compileNode(compiler, option) };
  });
  return (value, path, betas) => {
    const fitting = checks.find(({ type }) => type === "any" || isOfType(value, type)) ?? checks.at(-1);
    return fitting?.check(value, path, betas);
  };
}

function compileUnion(compiler: Compiler, options: readonly SchemaNode[]): Check {
  const field = discriminatorOf(options.map((option) => resolved(compiler, option)));
  return field === undefined ? compileByType(compiler, options) : compileTagged(compiler, options, field);
}

function compilePresent(compiler: Compiler, node: SchemaNode): Check {
  if (node.ref !== undefined) return compileReference(compiler, node.ref);
  if (node.anyOf !== undefined) return compileUnion(compiler, node.anyOf);
  if (node.items !== undefined) return compileArray(compiler, node);
  if (node.properties !== undefined || node.additionalProperties !== undefined) return compileObject(compiler, node);
  return compileScalar(node);
}

function compileNode(compiler: Compiler, node: SchemaNode): Check {
  const check = compilePresent(compiler, node);
  if (node.nullable !== true) return check;
  return (value, path, betas) => (value === null ? undefined : check(value, path, betas));
}

/**
 * Makes the check of one definition. Objects are closed unless the schema opens them; the first problem ends the check.
 * Source of the wording: answers of the real API as users quote them (pydantic's messages, with the tags of unions in the path).
 */
export function compileSchema(
  definitions: Readonly<Record<string, SchemaNode>>,
  root: string,
  tags: TagStyle = messagesTags,
): Check {
  return compileReference({ definitions, compiled: new Map(), tags }, root);
}
