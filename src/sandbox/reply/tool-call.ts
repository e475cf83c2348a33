import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { MessagesRequest } from "../messages-request.ts";
import { jsonInstance } from "./json-instance.ts";
import type { ReplyBlock } from "./reply.ts";

/** Names under which tools run a shell command. */
const shellNames = /^(bash|shell|local_shell|terminal|exec|run_?(shell_)?command|execute_?command|run_in_terminal)$/i;
const commandProperties = ["command", "cmd", "script", "commands"];

/** "run echo ..." with nothing in it that a shell would act upon. */
const runEcho = /(?:^|\n)\s*["'`]?(?:please\s+)?run\s+[`"']?(echo(?:[ \t]+[\w.,:@%+=/-]+)+)[`"']?\s*[.!]?\s*(?:\n|$)/i;

const schemaOf = (tool: JsonObject): JsonObject => (isJsonObject(tool["input_schema"]) ? tool["input_schema"] : {});

/** Tools that the model may call by itself: not those that the API runs, not while tool_choice says none. */
export function callableTools(request: MessagesRequest): readonly JsonObject[] {
  if (request.toolChoice?.type === "none") return [];
  return request.tools.filter((tool) => {
    const type = String(tool["type"] ?? "custom");
    return type === "custom" || /^(bash|text_editor|memory)_/.test(type);
  });
}

/** A call with the smallest input that the tool's schema allows, or with the given one. */
export function toolCall(tool: JsonObject, input?: JsonObject): ReplyBlock {
  const smallest = jsonInstance(schemaOf(tool));
  const made = isJsonObject(smallest) ? smallest : {};
  return { type: "tool_use", name: String(tool["name"]), input: input ?? made };
}

/** A value for the property that takes the command: text, or, where the schema wants a list, whole commands or one's words. */
function commandValue(property: string, schema: unknown, command: string): unknown {
  const isList = isJsonObject(schema) && schema["type"] === "array";
  if (!isList) return command;
  return property === "commands" ? [command] : ["bash", "-lc", command];
}

/** Name of the property of a shell tool that takes the command; undefined for any other tool. */
function commandProperty(tool: JsonObject): string | undefined {
  if (String(tool["type"] ?? "").startsWith("bash_")) return "command";
  const properties = schemaOf(tool)["properties"];
  if (!isJsonObject(properties)) return undefined;
  return commandProperties.find((name) => isJsonObject(properties[name]) && properties[name]["enum"] === undefined);
}

/**
 * What a newcomer tries first: "run echo hello" calls the shell tool that the request offers. Only `echo` with plain words is
 * run, whatever else the prompt says.
 */
export function shellCall(request: MessagesRequest, promptText: string): ReplyBlock | undefined {
  const command = runEcho.exec(promptText)?.[1];
  if (command === undefined) return undefined;
  const shells = callableTools(request).filter((tool) => commandProperty(tool) !== undefined);
  const tool = shells.find((one) => shellNames.test(String(one["name"]))) ?? shells[0];
  const property = tool === undefined ? undefined : commandProperty(tool);
  if (tool === undefined || property === undefined) return undefined;
  const properties = schemaOf(tool)["properties"];
  const schema = isJsonObject(properties) ? properties[property] : undefined;
  const smallest = jsonInstance(schemaOf(tool));
  return toolCall(tool, {
    ...(isJsonObject(smallest) ? smallest : {}),
    [property]: commandValue(property, schema, command),
  });
}
