import { isJsonObject, type JsonObject } from "../../base/json.ts";

/** A tool that the request names by its type alone, and that the client runs itself. */
export interface ClientTool {
  /** Its type in `tools`. */
  readonly type: string;
  readonly description: string;
  readonly parameters: JsonObject;
  /** The type of the item that calls it, and of the one with the result. */
  readonly callType: string;
  readonly outputType: string;
  /** The input of a call, from its item. */
  input(item: JsonObject): JsonObject;
  /** The fields of a call's item, from the input that the model gave. */
  fields(input: JsonObject): JsonObject;
  /** The result as the model reads it. */
  output(item: JsonObject): { readonly content: unknown; readonly is_error?: true };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});
const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : typeof value === "string" ? [value] : [];
const integerOrNull = (value: unknown): number | null => (Number.isInteger(value) ? (value as number) : null);

const string = { type: "string" };
const strings = { type: "array", items: string };
const timeout = { type: "integer", description: "How long it may run, in milliseconds." };

/** A program with its arguments: a single text is a command line. */
function programOf(command: unknown): string[] {
  return typeof command === "string" ? ["bash", "-lc", command] : textsOf(command);
}

const localShell: ClientTool = {
  type: "local_shell",
  description: "Runs a program on the user's machine and returns its output.",
  parameters: {
    type: "object",
    properties: {
      command: { ...strings, description: 'The program and its arguments, e.g. ["bash", "-lc", "ls"].' },
      working_directory: { ...string, description: "Where it runs." },
      timeout_ms: timeout,
      env: { type: "object", additionalProperties: string, description: "Environment variables to set." },
    },
    required: ["command"],
  },
  callType: "local_shell_call",
  outputType: "local_shell_call_output",
  input(item) {
    const { type: _type, ...action } = objectOf(item["action"]);
    return Object.fromEntries(Object.entries(action).filter(([, value]) => value !== null));
  },
  fields(input) {
    const env = Object.entries(objectOf(input["env"])).map(([name, value]) => [name, String(value)]);
    const action: JsonObject = {
      type: "exec",
      command: programOf(input["command"]),
      env: Object.fromEntries(env),
      timeout_ms: integerOrNull(input["timeout_ms"]),
      working_directory: typeof input["working_directory"] === "string" ? input["working_directory"] : null,
    };
    return { action };
  },
  output: (item) => ({ content: item["output"] }),
};

const shell: ClientTool = {
  type: "shell",
  description: "Runs commands in a shell on the user's machine and returns their output.",
  parameters: {
    type: "object",
    properties: {
      commands: { ...strings, description: "Command lines, each run by itself." },
      timeout_ms: timeout,
      max_output_length: { type: "integer", description: "How many characters of output are returned." },
    },
    required: ["commands"],
  },
  callType: "shell_call",
  outputType: "shell_call_output",
  input: (item) =>
    Object.fromEntries(Object.entries(objectOf(item["action"])).filter(([, value]) => value !== null)) as JsonObject,
  fields: (input) => ({
    action: {
      commands: textsOf(input["commands"]),
      timeout_ms: integerOrNull(input["timeout_ms"]),
      max_output_length: integerOrNull(input["max_output_length"]),
    },
    environment: null,
  }),
  output: (item) => ({ content: typeof item["output"] === "string" ? item["output"] : JSON.stringify(item["output"]) }),
};

const operations = ["create_file", "update_file", "delete_file"];

const applyPatch: ClientTool = {
  type: "apply_patch",
  description:
    "Creates, updates or deletes one file. `diff` holds, for a new file, its lines each with a + before it; for a change, hunks of a V4A diff: @@ and context, - and + lines.",
  parameters: {
    type: "object",
    properties: { type: { ...string, enum: operations }, path: string, diff: string },
    required: ["type", "path"],
  },
  callType: "apply_patch_call",
  outputType: "apply_patch_call_output",
  input: (item) => objectOf(item["operation"]),
  fields(input) {
    const type = operations.includes(textOf(input["type"])) ? input["type"] : "update_file";
    const operation: JsonObject = { type, path: textOf(input["path"]) };
    if (type !== "delete_file") operation["diff"] = textOf(input["diff"]);
    return { operation };
  },
  output: (item) => ({
    content: item["output"] ?? textOf(item["status"]),
    ...(item["status"] === "failed" ? { is_error: true as const } : {}),
  }),
};

/** The tools that OpenAI's models know by heart and others need to be told. Source: OpenAI's CreateResponse schema. */
export const clientTools: readonly ClientTool[] = [localShell, shell, applyPatch];

/** The one name of such a tool: a function of the same name stays another tool. */
export const clientToolName = (type: string): string => `\u0000${type}`;
