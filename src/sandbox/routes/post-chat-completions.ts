import { ZenthrexError } from "../../base/errors.ts";
import type { JsonObject } from "../../base/json.ts";
import { estimateTokens } from "../../catalog/estimate-tokens.ts";
import { type Model, openaiAliases } from "../../catalog/models.ts";
import { serializeHubRequest } from "../../formats/anthropic/serialize-request.ts";
import openaiChat from "../../formats/openai-chat/index.ts";
import type { Translation, Warning } from "../../formats/types.ts";
import { type ChatState, chatRendering } from "../answer/render-chat.ts";
import type { Exchange } from "../http/exchange.ts";
import type { ReceivedBody } from "../http/read-body.ts";
import type { MessagesRequest } from "../messages-request.ts";
import { invalidRequest, isRefusal, type Refusal } from "../refusal.ts";
import { checkRequest } from "../validation/check-request.ts";
import { documentedModel } from "../validation/documented-model.ts";
import { admitJson } from "./admit.ts";
import { type ReadRequest, serveInference } from "./serve-inference.ts";

/** The documented ids and the four documented aliases, nothing else: what the proxy makes of other names is its own. */
function modelOf(name: string): Model | Refusal {
  return documentedModel((Object.hasOwn(openaiAliases, name) ? openaiAliases[name] : undefined) ?? name);
}

/** No breakpoint is placed that the client didn't set: the hosted documentation promises no caching here. */
function translate(body: JsonObject, model: Model, nowMs: number): Translation<ChatState> | Refusal {
  try {
    return openaiChat.toHub(body, { model, nowMs, autoCache: false, estimateTokens });
  } catch (error) {
    if (error instanceof ZenthrexError) return invalidRequest(error.message, error.param);
    throw error;
  }
}

/** Results of tool calls that are missing, double or too late: the translation mends them, OpenAI's API refuses them. */
function brokenPairs(warnings: readonly Warning[]): Refusal | undefined {
  const broken = warnings.find(({ code }) => code.startsWith("repaired:tool_result_"));
  if (broken === undefined) return undefined;
  const rule = "an assistant message with 'tool_calls' must be followed by one tool message for each of them";
  return invalidRequest(`${broken.path}: ${rule} (${broken.reason})`, broken.path);
}

/** What is answered in JSON mode, which promises an object and says nothing about it. */
const anyObject: JsonObject = {
  type: "object",
  properties: { answer: { type: "string" } },
  required: ["answer"],
};

/** What the reply engine has to know of the client's wishes beyond the translation. */
function withWishes(request: MessagesRequest, translation: Translation<ChatState>): MessagesRequest {
  const { stream, state } = translation;
  const asked = { ...request, stream };
  return state.stripsFences ? { ...asked, outputSchema: request.outputSchema ?? anyObject } : asked;
}

/** Checks a body as OpenAI's API would, then as the Messages request that it is translated to. */
function readChat(exchange: Exchange, received: ReceivedBody): ReadRequest | Refusal {
  const admitted = admitJson(exchange, received);
  if (isRefusal(admitted)) return admitted;
  const { checks, clock } = exchange.state;
  const mismatch = checks.chat(admitted.body, "", []);
  if (mismatch !== undefined) return invalidRequest(mismatch);
  const model = modelOf(String(admitted.body["model"]));
  if (isRefusal(model)) return model;
  const translation = translate(admitted.body, model, clock.now());
  if (isRefusal(translation)) return translation;
  const broken = brokenPairs(translation.warnings);
  if (broken !== undefined) return broken;
  const checked = checkRequest(JSON.parse(serializeHubRequest(translation.request)), [], checks.messages);
  if (isRefusal(checked)) return checked;
  const request = withWishes(checked.request, translation);
  return { request, model, rendering: chatRendering(translation.state) };
}

/** POST /v1/chat/completions: the mirror of OpenAI's API. */
export async function postChatCompletions(exchange: Exchange, received: ReceivedBody): Promise<void> {
  await serveInference(exchange, received, readChat);
}
