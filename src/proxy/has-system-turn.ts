import { isJsonObject, jsonDepth } from "../base/json.ts";
import { proxyLimits } from "../catalog/limits.ts";

/**
 * True for a Messages body with a system message among its messages, which models before Claude Opus 4.8 refuse. Looked for only where
 * another model stands in: most bodies are settled by a search of their bytes, and a body that is no JSON is the upstream's to refuse.
 */
export function hasSystemTurn(body: Buffer): boolean {
  if (!/"role"\s*:\s*"system"/.test(body.toString("latin1"))) return false;
  if (jsonDepth(body, proxyLimits.maxJsonDepth) > proxyLimits.maxJsonDepth) return false;
  try {
    const request: unknown = JSON.parse(body.toString("utf8"));
    const messages = isJsonObject(request) ? request["messages"] : undefined;
    return Array.isArray(messages) && messages.some((turn) => isJsonObject(turn) && turn["role"] === "system");
  } catch {
    return false;
  }
}
