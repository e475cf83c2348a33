import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { HubAnyTool } from "../anthropic/hub.ts";
import { malformed, type Notes } from "../notes.ts";
import type { NameMap } from "../openai/names.ts";
import { type ToolEntry, translateToolList } from "../openai/tools.ts";
import { plainName } from "../plain-name.ts";
import { type ClientTool, clientToolName, clientTools } from "./client-tools.ts";
import { qualifiedName } from "./qualified-name.ts";

/** The tools of a request; `custom` and `clientTools` go by hub names. */
export interface ResponsesTools {
  readonly tools: HubAnyTool[];
  readonly custom: ReadonlySet<string>;
  readonly clientTools: ReadonlyMap<string, string>;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const findClientTool = (type: unknown): ClientTool | undefined => clientTools.find((tool) => tool.type === type);

/** Fields of a function or custom tool that have no counterpart, and what becomes of them. */
function withoutForeign(tool: JsonObject, path: string, notes: Notes): JsonObject {
  const { defer_loading: isDeferred, allowed_callers: callers, output_schema: outputSchema, ...rest } = tool;
  if (isDeferred === true)
    notes.add("changed", `${path}.defer_loading`, `${path}.defer_loading`, "the tool is there from the start");
  if (Array.isArray(callers) && callers.some((caller) => caller !== "direct"))
    notes.add("dropped", `${path}.allowed_callers`, `${path}.allowed_callers`, "only the model calls tools");
  if (outputSchema !== undefined && outputSchema !== null)
    notes.add("dropped", `${path}.output_schema`, `${path}.output_schema`, "results are not described upstream");
  return rest;
}

/** The tools of a namespace, each by its full name; what describes the namespace stands before the first one's description. */
function* ofNamespace(namespace: JsonObject, path: string, notes: Notes): Generator<ToolEntry> {
  const list = namespace["tools"];
  if (!Array.isArray(list)) throw malformed(`${path}.tools must be a list`, `${path}.tools`, "Send a list of tools.");
  for (const [index, tool] of list.entries()) {
    const at = `${path}.tools[${index}]`;
    if (!isJsonObject(tool)) throw malformed(`${at} must be an object`, at, "Send each tool as an object.");
    const said = [index === 0 ? textOf(namespace["description"]) : "", textOf(tool["description"])];
    const description = said.filter((text) => text !== "").join("\n\n");
    const name = textOf(tool["name"]);
    const qualified = name === "" ? name : qualifiedName(namespace["name"], name);
    yield { source: { ...withoutForeign(tool, at, notes), name: qualified, description }, path: at };
  }
}

/** A tool of the client's own kind as a function. Shape: undefined for a shell that runs in OpenAI's containers. */
function asFunction(tool: JsonObject, known: ClientTool, path: string, notes: Notes): ToolEntry | undefined {
  const environment = isJsonObject(tool["environment"]) ? tool["environment"] : {};
  if (textOf(environment["type"]).startsWith("container")) {
    notes.add("dropped", path, path, "the hosted API runs no containers");
    return undefined;
  }
  if (Array.isArray(environment["skills"]) && environment["skills"].length > 0)
    notes.add("dropped", `${path}.environment`, `${path}.environment.skills`, "skills are not told to the model");
  const { description, parameters } = known;
  return { source: { type: "function", name: clientToolName(known.type), description, parameters }, path };
}

function* entriesOf(list: readonly ToolEntry[], notes: Notes): Generator<ToolEntry> {
  for (const { source, path } of list) {
    if (!isJsonObject(source)) throw malformed(`${path} must be an object`, path, "Send each tool as an object.");
    const type = source["type"];
    const known = findClientTool(type);
    if (type === "namespace") yield* ofNamespace(source, path, notes);
    else if (known !== undefined) {
      const entry = asFunction(source, known, path, notes);
      if (entry !== undefined) yield entry;
    } else if (type === "function" || type === "custom") yield { source: withoutForeign(source, path, notes), path };
    else yield { source, path };
  }
}

/**
 * Translates the tools of a request: functions, custom tools, namespaces (their tools one by one), and the tools that the client runs.
 * Those that run at OpenAI go, with a warning. `added` are the tools that came as items of the conversation.
 * Throws: for a tool without a name, or with parameters that describe no object.
 */
export function translateResponsesTools(
  body: JsonObject,
  added: readonly ToolEntry[],
  names: NameMap,
  notes: Notes,
): ResponsesTools {
  const list = body["tools"] ?? [];
  if (!Array.isArray(list)) throw malformed("tools must be a list", "tools", "Send tools as a list.");
  const own = list.map((source: unknown, index): ToolEntry => ({ source, path: `tools[${index}]` }));
  const entries = [...entriesOf([...own, ...added], notes)];
  const { tools, custom } = translateToolList(entries, names, notes);
  const clientNames = new Map<string, string>();
  for (const { type } of clientTools) {
    const isThere = entries.some(({ source }) => isJsonObject(source) && source["name"] === clientToolName(type));
    if (isThere) clientNames.set(names.toHub(clientToolName(type)), type);
  }
  return { tools, custom, clientTools: clientNames };
}

/** A tool as `tool_choice` names it, with the one name that it has here. */
function named(choice: JsonObject): JsonObject {
  const known = findClientTool(choice["type"]);
  if (known !== undefined) return { type: "function", name: clientToolName(known.type) };
  const name = textOf(choice["name"]);
  return name === "" ? choice : { ...choice, name: qualifiedName(choice["namespace"], name) };
}

/** Words of `tool_choice` that name no kind of tool. */
const plainTypes = new Set(["function", "custom", "tool", "auto", "any", "none", "required", ""]);

/**
 * `tool_choice` with the names that tools have here. A tool that runs at OpenAI can't be chosen.
 * Shape: undefined where nothing is left to choose.
 */
export function namedToolChoice(body: JsonObject, notes: Notes): unknown {
  const choice = body["tool_choice"];
  if (!isJsonObject(choice)) return choice;
  if (choice["type"] === "allowed_tools") {
    const list = Array.isArray(choice["tools"]) ? choice["tools"].filter(isJsonObject) : [];
    return { ...choice, tools: list.map(named) };
  }
  const type = textOf(choice["type"]);
  if (plainTypes.has(type) || findClientTool(type) !== undefined) return named(choice);
  notes.add("dropped", "tool_choice", "tool_choice", `the hosted API has no tool of type ${plainName(type)}`);
  return undefined;
}
