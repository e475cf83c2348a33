import { readFile } from "node:fs/promises";
import { ZenthrexError } from "../../base/errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../base/json.ts";
import type { MessagesRequest } from "../messages-request.ts";
import { type Effect, readDirective } from "./directives.ts";
import type { Prompt } from "./prompt.ts";
import { stopReasons } from "./reply.ts";

/** One entry of a replies file: which requests it answers, and with what. */
export interface RepliesEntry {
  readonly matches: (prompt: Prompt, request: MessagesRequest) => boolean;
  /** The entry answers this many requests, then the next one that matches does. */
  readonly times: number;
  readonly effects: readonly Effect[];
}

/** Where in the file something is wrong, and what. */
class EntryProblem extends Error {}

const entryKeys = ["match", "model", "times", "content", "stop_reason", "faults"];

function refuseUnknown(value: JsonObject, known: readonly string[], path: string): void {
  const extra = Object.keys(value).find((key) => !known.includes(key));
  if (extra !== undefined) throw new EntryProblem(`${path}.${extra}: unknown; there are ${known.join(", ")}`);
}

function stringAt(value: unknown, path: string): string {
  if (typeof value === "string") return value;
  throw new EntryProblem(`${path}: must be a string`);
}

/** Text that a prompt must hold, or `{ "pattern", "flags" }`. What has no match answers everything. */
function readMatch(match: unknown, path: string): (text: string) => boolean {
  if (match === undefined) return () => true;
  if (typeof match === "string") return (text) => text.includes(match);
  if (!isJsonObject(match)) throw new EntryProblem(`${path}: must be a string or {"pattern": ...}`);
  refuseUnknown(match, ["pattern", "flags"], path);
  const source = stringAt(match["pattern"], `${path}.pattern`);
  const flags = match["flags"] === undefined ? "" : stringAt(match["flags"], `${path}.flags`);
  try {
    const pattern = new RegExp(source, flags.replace(/[gy]/g, ""));
    return (text) => pattern.test(text);
  } catch {
    throw new EntryProblem(`${path}.pattern: is not a valid regular expression`);
  }
}

/** Fields of the content blocks that a file may hold. */
const blockKeys: Readonly<Record<string, readonly string[]>> = {
  text: ["type", "text"],
  thinking: ["type", "thinking"],
  redacted_thinking: ["type", "thinking"],
  tool_use: ["type", "name", "input"],
};

function readBlock(block: unknown, path: string): Effect {
  if (!isJsonObject(block)) throw new EntryProblem(`${path}: must be an object`);
  const type = String(block["type"]);
  const keys = Object.hasOwn(blockKeys, type) ? blockKeys[type] : undefined;
  if (keys === undefined) throw new EntryProblem(`${path}.type: must be one of ${Object.keys(blockKeys).join(", ")}`);
  refuseUnknown(block, keys, path);
  if (type === "text") return { kind: "block", block: { type, text: stringAt(block["text"], `${path}.text`) } };
  if (type === "thinking" || type === "redacted_thinking") {
    return { kind: "block", block: { type, thinking: stringAt(block["thinking"], `${path}.thinking`) } };
  }
  const input = block["input"];
  if (input !== undefined && !isJsonObject(input)) throw new EntryProblem(`${path}.input: must be an object`);
  return { kind: "tool", name: stringAt(block["name"], `${path}.name`), input };
}

function readContent(content: unknown, path: string): Effect[] {
  if (content === undefined) return [];
  if (typeof content === "string") return [{ kind: "block", block: { type: "text", text: content } }];
  if (!Array.isArray(content)) throw new EntryProblem(`${path}: must be a string or a list of content blocks`);
  return content.map((block, place) => readBlock(block, `${path}.${place}`));
}

/** Faults are directives without their brackets: "stall 5 at=start". */
function readFaults(faults: unknown, path: string): Effect[] {
  if (faults === undefined) return [];
  if (!Array.isArray(faults)) throw new EntryProblem(`${path}: must be a list of directives`);
  return faults.map((fault: unknown, place) => {
    const effect = readDirective(stringAt(fault, `${path}.${place}`));
    if (typeof effect === "string") throw new EntryProblem(`${path}.${place}: ${effect}`);
    return effect;
  });
}

function readStopReason(reason: unknown, path: string): Effect[] {
  if (reason === undefined) return [];
  const known = stopReasons.find((one) => one === reason);
  if (known === undefined) throw new EntryProblem(`${path}: must be one of ${stopReasons.join(", ")}`);
  return [{ kind: "stop", reason: known }];
}

function readEntry(entry: unknown, path: string): RepliesEntry {
  if (!isJsonObject(entry)) throw new EntryProblem(`${path}: must be an object`);
  refuseUnknown(entry, entryKeys, path);
  const matchesText = readMatch(entry["match"], `${path}.match`);
  const model = entry["model"] === undefined ? undefined : stringAt(entry["model"], `${path}.model`);
  const times = entry["times"] ?? Number.POSITIVE_INFINITY;
  if (typeof times !== "number" || times < 1) throw new EntryProblem(`${path}.times: must be a number from 1`);
  return {
    matches: (prompt, request) => {
      const text = prompt.text === "" ? prompt.toolResults.map((result) => result.text).join("\n") : prompt.text;
      return matchesText(text) && (model === undefined || model === request.modelId);
    },
    times,
    effects: [
      ...readContent(entry["content"], `${path}.content`),
      ...readStopReason(entry["stop_reason"], `${path}.stop_reason`),
      ...readFaults(entry["faults"], `${path}.faults`),
    ],
  };
}

/** Reads the entries of a replies file. Throws: ZX_FILE_INVALID with the place and what should stand there. */
export function readReplies(bytes: Uint8Array, file: string): readonly RepliesEntry[] {
  try {
    const entries = parseJson(bytes);
    if (!Array.isArray(entries)) throw new EntryProblem("the file must hold a list of replies");
    return entries.map((entry, place) => readEntry(entry, `${place}`));
  } catch (error) {
    const why = error instanceof Error ? error.message.replace("the body", "it") : "it can't be read";
    throw new ZenthrexError("ZX_FILE_INVALID", `the replies file ${file} can't be used: ${why}`);
  }
}

/** Loads a replies file. Throws: ZX_FILE_ACCESS where it can't be read, ZX_FILE_INVALID where it isn't one. */
export async function loadReplies(file: string): Promise<readonly RepliesEntry[]> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new ZenthrexError("ZX_FILE_ACCESS", `the replies file ${file} can't be read (${error.code})`, {
      cause: error,
    });
  });
  return readReplies(bytes, file);
}
