import { documentedAnthropicVersion } from "../../catalog/endpoints.ts";
import type { Integration, ToolUse } from "../../integrations/types.ts";

/** A request as a tool would send it. `path` is what the tool makes of its base URL. */
export interface ProbeRequest {
  readonly origin: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: object;
}

/** `free`: the validation of the hosted API refuses it before any model runs. `live`: one token is asked for, and paid. */
export type ProbeKind = "free" | "live";

const BROKEN_IMAGE = "data:image/png;base64,AAAA";
const BROKEN_SCHEMA = { type: "object", properties: { probe: { type: "nonsense" } } };

/** Builds the request that shows whether a tool's settings lead where they should. Throws: TypeError when the base URL is none. */
export function probeRequest(
  { format, baseUrlRule }: Pick<Integration, "format" | "baseUrlRule">,
  use: ToolUse,
  fallbackModel: string,
  kind: ProbeKind,
): ProbeRequest {
  const url = new URL(use.baseUrl);
  const base = url.pathname.replace(/\/+$/, "");
  const model = use.model ?? fallbackModel;
  const live = { model, max_tokens: 1, messages: [{ role: "user", content: "hi" }] };
  const headers = ["content-type", "application/json", "authorization", `Bearer ${use.credential}`];
  if (format === "anthropic") {
    const path = { bare: `${base}/v1/messages`, v1: `${base}/messages`, endpoint: base }[baseUrlRule];
    return {
      origin: url.origin,
      path,
      headers: [...headers, "anthropic-version", documentedAnthropicVersion],
      body: kind === "live" ? live : { model, max_tokens: -1, messages: [] },
    };
  }
  if (format === "openai-responses") {
    const body = kind === "live" ? { model, max_output_tokens: 16, store: false, input: "hi" } : brokenResponse(model);
    return { origin: url.origin, path: `${base}/responses`, headers, body };
  }
  return {
    origin: url.origin,
    path: `${base}/chat/completions`,
    headers,
    body: kind === "live" ? live : brokenChat(model),
  };
}

/**
 * A conversation that the daemon translates without a word and the hosted API refuses twice: an image that is none, a schema that is
 * none. What the daemon would refuse by itself proves nothing about the way behind it.
 */
function brokenChat(model: string): object {
  const image = { type: "image_url", image_url: { url: BROKEN_IMAGE } };
  const parameters = BROKEN_SCHEMA;
  return {
    model,
    max_tokens: 1,
    messages: [{ role: "user", content: [image] }],
    tools: [{ type: "function", function: { name: "probe", parameters } }],
  };
}

/** The same as the Responses API has it. */
function brokenResponse(model: string): object {
  return {
    model,
    max_output_tokens: 16,
    store: false,
    input: [{ type: "message", role: "user", content: [{ type: "input_image", image_url: BROKEN_IMAGE }] }],
    tools: [{ type: "function", name: "probe", parameters: BROKEN_SCHEMA }],
  };
}
