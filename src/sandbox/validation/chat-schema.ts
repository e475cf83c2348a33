import { chatCompletionRequest } from "./chat-completion-request.generated.ts";
import { compileSchema } from "./compile-schema.ts";
import type { Check, SchemaNode } from "./schema-node.ts";

const open: SchemaNode = { type: "object", additionalProperties: {} };

/**
 * What an answer's message has beyond the fields that OpenAI's schema takes back in a request: clients send the whole message.
 * Source: OpenAI's ChatCompletionResponseMessage (annotations); the reasoning fields are what the mirror itself puts there.
 */
const answeredFields: Readonly<Record<string, SchemaNode>> = {
  annotations: { type: "array", items: open, nullable: true },
  reasoning_content: { type: "string", nullable: true },
  reasoning_details: { type: "array", items: open, nullable: true },
};

const assistant = chatCompletionRequest["ChatCompletionRequestAssistantMessage"] ?? {};

/** Compiles the check of a Chat Completions body: every object is closed, a path names fields only. */
export function compileChatCheck(): Check {
  const definitions: Readonly<Record<string, SchemaNode>> = {
    ...chatCompletionRequest,
    ChatCompletionRequestAssistantMessage: {
      ...assistant,
      properties: { ...assistant.properties, ...answeredFields },
    },
  };
  return compileSchema(definitions, "CreateChatCompletionRequest", { inPath: false, fallback: undefined });
}
