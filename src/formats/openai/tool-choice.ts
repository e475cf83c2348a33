import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { HubAnyTool, HubToolChoice } from "../anthropic/hub.ts";
import { malformed, type Notes } from "../notes.ts";
import type { NameMap } from "./names.ts";

/** Which tools may be called, and which must. */
export interface TranslatedChoice {
  readonly tools: HubAnyTool[];
  readonly choice: HubToolChoice | undefined;
}

const nameOfTool = (tool: HubAnyTool): string | undefined => ("name" in tool ? tool.name : undefined);
const field = "tool_choice";

function wrong(what: string): Error {
  return malformed(what, field, 'Send "auto", "none", "required", or the tool to call.');
}

/** The name in any dialect's way to name one tool. */
function namedTool(choice: JsonObject): string | undefined {
  for (const source of [choice["function"], choice["custom"], choice]) {
    if (isJsonObject(source) && typeof source["name"] === "string" && source["name"] !== "") return source["name"];
  }
  return undefined;
}

function forTool(name: string | undefined, tools: readonly HubAnyTool[], names: NameMap): HubToolChoice {
  if (name === undefined) throw wrong("tool_choice names no tool");
  const hubName = names.toHub(name);
  if (!tools.some((tool) => nameOfTool(tool) === hubName)) throw wrong(`tool_choice names a tool that is not in tools`);
  return { type: "tool", name: hubName };
}

function byWord(word: unknown): HubToolChoice | undefined {
  if (word === "auto") return { type: "auto" };
  if (word === "none") return { type: "none" };
  if (word === "required" || word === "any") return { type: "any" };
  return undefined;
}

/** `allowed_tools`: the listed ones stay, in the order of `tools`. */
function allowedTools(choice: JsonObject, tools: readonly HubAnyTool[], names: NameMap): TranslatedChoice {
  const allowed = isJsonObject(choice["allowed_tools"]) ? choice["allowed_tools"] : choice;
  const list = Array.isArray(allowed["tools"]) ? allowed["tools"].filter(isJsonObject) : [];
  const wanted = new Set(list.map((tool) => names.toHub(namedTool(tool) ?? "")));
  const kept = tools.filter((tool) => wanted.has(nameOfTool(tool) ?? ""));
  if (kept.length === 0) throw wrong("tool_choice allows no tool that is in tools");
  return { tools: kept, choice: byWord(allowed["mode"] ?? "auto") };
}

function translateChoice(choice: unknown, tools: HubAnyTool[], names: NameMap): TranslatedChoice {
  if (typeof choice === "string") {
    const mode = byWord(choice);
    if (mode === undefined) throw wrong(`tool_choice is none of "auto", "none" and "required"`);
    return { tools, choice: mode };
  }
  if (!isJsonObject(choice)) throw wrong("tool_choice must be a string or an object");
  const type = choice["type"];
  if (type === "allowed_tools") return allowedTools(choice, tools, names);
  const mode = byWord(type);
  const translated = mode ?? forTool(namedTool(choice), tools, names);
  return { tools, choice: choice["disable_parallel_tool_use"] === true ? serial(translated) : translated };
}

/** The same choice with one call at a time. */
function serial(choice: HubToolChoice): HubToolChoice {
  return choice.type === "none" ? choice : { ...choice, disable_parallel_tool_use: true };
}

/**
 * Translates `tool_choice`, the deprecated `function_call`, and `parallel_tool_calls`. Without tools there is nothing to choose.
 * Throws: for a tool that isn't there, as OpenAI does.
 */
export function translateToolChoice(
  body: JsonObject,
  source: { readonly tools: HubAnyTool[]; readonly isLegacy: boolean },
  names: NameMap,
  notes: Notes,
): TranslatedChoice {
  const asked = body[field] ?? body["function_call"] ?? undefined;
  if (source.tools.length === 0) {
    if (asked !== undefined && asked !== "none" && asked !== "auto") {
      notes.add("dropped", field, field, "there are no tools to choose from");
    }
    return { tools: source.tools, choice: undefined };
  }
  const { tools, choice } =
    asked === undefined ? { tools: source.tools, choice: undefined } : translateChoice(asked, source.tools, names);
  // The deprecated form has room for one call in an answer.
  const isSerial = body["parallel_tool_calls"] === false || source.isLegacy;
  return { tools, choice: isSerial ? serial(choice ?? { type: "auto" }) : choice };
}
