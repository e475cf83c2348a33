import { ZenthrexError } from "../../base/errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "../../base/json.ts";
import { documentedAnthropicVersion } from "../../catalog/endpoints.ts";
import { grantOf, keyOf } from "../account/access-key.ts";
import type { Exchange } from "../http/exchange.ts";
import type { ReceivedBody } from "../http/read-body.ts";
import { invalidRequest, isRefusal, type Refusal, refusal } from "../refusal.ts";
import { type Account, accountOf } from "../sandbox-state.ts";

/** Whose request it is, by its key. */
export function admitKey({ state, request }: Exchange): Account | Refusal {
  const key = keyOf(request.headers);
  const grant = key === undefined ? undefined : grantOf(key);
  if (key === undefined || grant === undefined) {
    return refusal(
      401,
      "Missing or invalid bearer: this is no key of the sandbox. Behind zk_ they go on with sandbox_.",
    );
  }
  if (grant.revoked) return refusal(401, "Missing or invalid bearer: this key was revoked.");
  return accountOf(state, key, grant);
}

/** A body that may be looked at. */
export interface AdmittedBody {
  readonly body: JsonObject;
}

/** The JSON object of a body. Shape: a refusal that never quotes the body. */
function readObject(bytes: Uint8Array): AdmittedBody | Refusal {
  try {
    const body = parseJson(bytes);
    if (isJsonObject(body)) return { body };
    return invalidRequest("Input should be a valid dictionary or object to extract fields from");
  } catch (error) {
    if (error instanceof ZenthrexError) return invalidRequest(`The request body is not valid JSON: ${error.message}`);
    throw error;
  }
}

function checkVersion({ request }: Exchange): Refusal | undefined {
  const version = request.headers["anthropic-version"];
  if (version === undefined) return invalidRequest("anthropic-version: header is required");
  if (version === documentedAnthropicVersion) return undefined;
  return invalidRequest(
    `anthropic-version: "${String(version)}" is not a version of this API: it documents "${documentedAnthropicVersion}"`,
  );
}

/** The JSON body of a POST, behind the checks of its size, type and text, in this order. */
export function admitJson(exchange: Exchange, received: ReceivedBody): AdmittedBody | Refusal {
  if (received.kind !== "bytes") return refusal(413);
  const type = exchange.request.headers["content-type"] ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) return invalidRequest("content-type: application/json is required");
  return readObject(received.bytes);
}

/** The same for a route of the Messages API, which also wants its version. */
export function admitBody(exchange: Exchange, received: ReceivedBody): AdmittedBody | Refusal {
  const admitted = admitJson(exchange, received);
  return isRefusal(admitted) ? admitted : (checkVersion(exchange) ?? admitted);
}

/** The names in the `anthropic-beta` header; unknown ones are fine. */
export function betasOf({ request }: Exchange): readonly string[] {
  const header = String(request.headers["anthropic-beta"] ?? "");
  return header
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
