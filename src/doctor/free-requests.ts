import { documentedAnthropicVersion, localHost } from "../catalog/endpoints.ts";
import type { CredentialHeader, ProbeRequest, WantedSecret } from "./types.ts";

/** How a free request is varied. */
export interface FreeRequestOptions {
  readonly credential?: CredentialHeader;
  readonly secret?: WantedSecret;
}

const MODEL = "claude-haiku-4-5";
const JSON_TYPE = ["content-type", "application/json"] as const;
const VERSION = ["anthropic-version", documentedAnthropicVersion] as const;

/** A message that validation refuses before any model runs: nothing is billed. */
export function freeMessages(url: string, options: FreeRequestOptions = {}, more: object = {}): ProbeRequest {
  const body = { model: MODEL, max_tokens: -1, messages: [], ...more };
  const headers = [...JSON_TYPE, ...VERSION];
  return { method: "POST", url, credential: "x-api-key", headers, body: JSON.stringify(body), ...options };
}

/** The same for Chat Completions. */
export function freeChat(url: string, options: FreeRequestOptions = {}, more: object = {}): ProbeRequest {
  const body = JSON.stringify({ model: MODEL, max_tokens: -1, messages: [], ...more });
  return { method: "POST", url, credential: "authorization", headers: JSON_TYPE, body, ...options };
}

/** The public list of models: needs no key. */
export function modelList(url: string): ProbeRequest {
  return { method: "GET", url, credential: "none" };
}

/** The wallet of a key. */
export function walletOf(origin: string, options: FreeRequestOptions = {}): ProbeRequest {
  return { method: "GET", url: `${origin}/v1/whoami`, credential: "authorization", ...options };
}

/** The wallet of the key that the daemon has. */
export function walletOfDaemon(port: number): ProbeRequest {
  return walletOf(`http://${localHost}:${port}`, { secret: "local-token" });
}
