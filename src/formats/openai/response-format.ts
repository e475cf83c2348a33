import { isJsonObject, type JsonObject } from "../../base/json.ts";
import type { HubRequest, HubTool } from "../anthropic/hub.ts";
import { malformed, type Notes } from "../notes.ts";
import { structuredSchema } from "./structured-schema.ts";
import { toolSchema } from "./tool-schema.ts";

type OutputFormat = NonNullable<NonNullable<HubRequest["output_config"]>["format"]>;

/** How the shape of the answer is asked for. Shape: at most one of the three is set. */
export interface TranslatedFormat {
  /** Structured outputs. */
  readonly format?: OutputFormat;
  /** A tool whose input is the answer, for schemas that structured outputs don't take. */
  readonly jsonTool?: HubTool;
  /** A sentence for the end of the system prompt; fences are taken off the answer. */
  readonly instruction?: string;
}

/** Anthropic has no JSON mode: it is asked for in words. */
const jsonInstruction =
  "Answer with a single valid JSON object and nothing else: no prose before or after it, and no Markdown code fence around it.";

/** What the caller asks for, and where. */
export interface AskedFormat {
  readonly field: string;
  readonly value: unknown;
}

function freeName(taken: ReadonlySet<string>): string {
  let name = "json";
  while (taken.has(name)) name += "_answer";
  return name;
}

function bySchema(
  source: JsonObject,
  { field, path }: { readonly field: string; readonly path: string },
  taken: ReadonlySet<string>,
  notes: Notes,
): TranslatedFormat {
  const schema = source["schema"];
  if (schema === undefined || schema === null) return { instruction: jsonInstruction };
  if (!isJsonObject(schema))
    throw malformed(`${path}.schema must be an object`, `${path}.schema`, "Send a JSON schema.");
  const described =
    typeof source["description"] === "string" && schema["description"] === undefined
      ? { ...schema, description: source["description"] }
      : schema;
  const structured = structuredSchema(described);
  if (structured.reason === undefined) {
    for (const place of structured.unenforced) {
      const at = `${path}.${place}`;
      notes.add("changed", field, at, "a limit of the schema is told to the model, not enforced");
    }
    return { format: { type: "json_schema", schema: structured.schema } };
  }
  notes.add(
    "changed",
    field,
    `${path}.schema`,
    `structured outputs don't take the schema (${structured.reason}): a tool is used`,
  );
  const input = toolSchema(described, `${path}.schema`, field, notes);
  return {
    jsonTool: {
      name: freeName(taken),
      description: "Give the answer, as the input of this tool.",
      input_schema: input,
    },
  };
}

/**
 * Translates the answer's format: `response_format`, or `text.format` of Responses, which has no inner object.
 * Shape: empty for plain text. `taken` are the hub names of the tools that there are.
 * Source: Anthropic "Structured outputs"; OpenAI "Structured model outputs".
 */
export function translateResponseFormat(
  { field, value: asked }: AskedFormat,
  taken: ReadonlySet<string>,
  notes: Notes,
): TranslatedFormat {
  if (asked === undefined || asked === null) return {};
  if (!isJsonObject(asked)) throw malformed(`${field} must be an object`, field, `Send ${field} as an object.`);
  switch (asked["type"]) {
    case "text":
      return {};
    case "json_object":
      return { instruction: jsonInstruction };
    case "json_schema": {
      const nested = isJsonObject(asked["json_schema"]) ? asked["json_schema"] : undefined;
      const path = nested === undefined ? field : `${field}.json_schema`;
      return bySchema(nested ?? asked, { field, path }, taken, notes);
    }
    default:
      throw malformed(
        `${field}.type is none of text, json_object and json_schema`,
        `${field}.type`,
        "Send one of these.",
      );
  }
}
