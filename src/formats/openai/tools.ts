import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { HubAnyTool, HubTool } from "../anthropic/hub.ts";
import { malformed, type Notes } from "../notes.ts";
import { plainName } from "../plain-name.ts";
import { readCacheControl } from "./cache-control.ts";
import type { NameMap } from "./names.ts";
import { structuredSchema } from "./structured-schema.ts";
import { toolSchema } from "./tool-schema.ts";

/** The tools of a request. `custom` and `byClientName` hold hub names. */
export interface TranslatedTools {
  readonly tools: HubAnyTool[];
  readonly custom: ReadonlySet<string>;
  /** Came as `functions`: answers say `function_call`. */
  readonly isLegacy: boolean;
}

/** Anthropic's own tools are named by a dated type: "bash_20250124", "web_search_20260318". */
const OWN_TOOL = /^[a-z_]+_20\d{6}$/;
/** Optional fields of an Anthropic tool that a hybrid body may carry. */
const passedOn = ["defer_loading", "eager_input_streaming", "input_examples", "allowed_callers"] as const;

/** The one string that a custom tool takes. */
const customSchema = (): HubTool["input_schema"] => ({
  type: "object",
  properties: { input: { type: "string" } },
  required: ["input"],
});

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** What describes a tool: `path` is its own place, `subject` the entry's, for warnings. */
interface ToolPlace {
  readonly source: JsonObject;
  readonly path: string;
  readonly subject: string;
}

interface ToolContext {
  readonly names: NameMap;
  readonly notes: Notes;
}

function nameOf(source: JsonObject, path: string, { names }: ToolContext): string {
  const name = source["name"];
  if (typeof name === "string" && name !== "") return names.toHub(name);
  throw malformed(`${path}.name must be a non-empty string`, `${path}.name`, "Give the tool a name.");
}

function withDescription(tool: HubTool, description: string): HubTool {
  return description === "" ? tool : { ...tool, description };
}

/** Keeps `strict` only where the upstream would take the schema: it refuses the whole request otherwise. */
function withStrict(tool: HubTool, { source, path, subject }: ToolPlace, notes: Notes): HubTool {
  if (source["strict"] !== true) return tool;
  const strict = structuredSchema(tool.input_schema);
  if (strict.reason === undefined && strict.unenforced.length === 0) {
    return { ...tool, input_schema: strict.schema as unknown as HubTool["input_schema"], strict: true };
  }
  const why = strict.reason ?? `it limits ${strict.unenforced.join(", ")}`;
  notes.add("dropped", `${subject}.strict`, `${path}.strict`, `the schema can't be enforced: ${why}`);
  return tool;
}

/** `{name, description, parameters}`: a function of either dialect, or an Anthropic tool with `input_schema`. */
function functionTool(place: ToolPlace, context: ToolContext): HubTool {
  const { source, path, subject } = place;
  const key = source["input_schema"] === undefined ? "parameters" : "input_schema";
  const schema = toolSchema(source[key], `${path}.${key}`, subject, context.notes);
  const tool = withDescription(
    { name: nameOf(source, path, context), input_schema: schema },
    textOf(source["description"]),
  );
  for (const field of passedOn) if (source[field] !== undefined) Object.assign(tool, { [field]: source[field] });
  return withStrict(tool, place, context.notes);
}

/** The grammar of a custom tool as words: nothing upstream enforces one. */
function grammarText(format: unknown): string {
  if (!isJsonObject(format)) return "";
  const grammar = isJsonObject(format["grammar"]) ? format["grammar"] : format;
  const definition = textOf(grammar["definition"]);
  return definition === "" ? "" : `The input must match this ${textOf(grammar["syntax"])} grammar:\n${definition}`;
}

function customTool({ source, path, subject }: ToolPlace, context: ToolContext): HubTool {
  const grammar = grammarText(source["format"]);
  if (grammar !== "") {
    context.notes.add("changed", subject, `${path}.format`, "the grammar is told to the model, not enforced");
  }
  const description = [textOf(source["description"]), grammar].filter((text) => text !== "").join("\n\n");
  return withDescription({ name: nameOf(source, path, context), input_schema: customSchema() }, description);
}

/** A tool as a body holds it: and where it stands there. */
export interface ToolEntry {
  readonly source: unknown;
  readonly path: string;
}

/** One entry of a list of tools. Shape: undefined where it is a kind that the hosted API lacks. */
function translateTool(
  { source: tool, path }: ToolEntry,
  context: ToolContext,
): { tool: HubAnyTool; isCustom: boolean } | undefined {
  if (!isJsonObject(tool)) throw malformed(`${path} must be an object`, path, "Send each tool as an object.");
  const type = textOf(tool["type"]);
  if (type === "custom" && tool["input_schema"] === undefined) {
    const inner = isJsonObject(tool["custom"]) ? tool["custom"] : tool;
    const at = { source: inner, path: inner === tool ? path : `${path}.custom`, subject: path };
    return { tool: customTool(at, context), isCustom: true };
  }
  if (isJsonObject(tool["function"])) {
    const at = { source: tool["function"], path: `${path}.function`, subject: path };
    return { tool: functionTool(at, context), isCustom: false };
  }
  if (type === "" || type === "function" || type === "custom") {
    return { tool: functionTool({ source: tool, path, subject: path }, context), isCustom: false };
  }
  if (OWN_TOOL.test(type)) return { tool: { ...tool } as unknown as HubAnyTool, isCustom: false };
  context.notes.add("dropped", path, path, `the hosted API has no tool of type ${plainName(type)}`);
  return undefined;
}

/** Both spellings of the list: `tools`, and the deprecated `functions`. */
function listOf(body: JsonObject): { list: readonly unknown[]; isLegacy: boolean } {
  for (const name of ["tools", "functions"] as const) {
    const value = body[name];
    if (value === undefined || value === null) continue;
    if (!Array.isArray(value)) throw malformed(`${name} must be a list`, name, `Send ${name} as a list.`);
    if (value.length > 0) return { list: value, isLegacy: name === "functions" };
  }
  return { list: [], isLegacy: false };
}

/**
 * Translates tools in their order. A name that occurs twice is an error upstream: the first stays.
 * Throws: for a tool without a name, or with parameters that describe no object.
 */
export function translateToolList(
  entries: readonly ToolEntry[],
  names: NameMap,
  notes: Notes,
): { readonly tools: HubAnyTool[]; readonly custom: ReadonlySet<string> } {
  const tools: HubAnyTool[] = [];
  const custom = new Set<string>();
  const seen = new Set<string>();
  for (const entry of entries) {
    const translated = translateTool(entry, { names, notes });
    if (translated === undefined) continue;
    const { name } = translated.tool as { name?: string };
    if (name !== undefined && seen.has(name)) {
      notes.add("dropped", entry.path, entry.path, "a tool before it has the same name");
      continue;
    }
    if (name !== undefined) seen.add(name);
    if (translated.isCustom && name !== undefined) custom.add(name);
    const cacheControl = readCacheControl(entry.source);
    tools.push(cacheControl === undefined ? translated.tool : { ...translated.tool, cache_control: cacheControl });
  }
  return { tools, custom };
}

/** Translates the tools of a Chat Completions body. Throws: as `translateToolList`. */
export function translateTools(body: JsonObject, names: NameMap, notes: Notes): TranslatedTools {
  const { list, isLegacy } = listOf(body);
  const entries = list.map((source, index) => ({ source, path: `tools[${index}]` }));
  return { ...translateToolList(entries, names, notes), isLegacy };
}
