import { usableStatus } from "../anthropic/errors.ts";
import type { HubFailure } from "../anthropic/hub.ts";
import { type ErrorKind, errorKind } from "../error-kinds.ts";
import type { WireError } from "../types.ts";

/** How Anthropic's validation begins its messages: "messages.3.content.0: ...", "max_tokens: ...". */
const FIELD_PATH = /^([a-z_]+(?:\.[A-Za-z0-9_]+)*): /;
/** OpenAI's SDK knows no 529; both are retried. */
const anthropicOverload = 529;
const openaiOverload = 503;
const WRONG_URL = /base url|\bpath\b|\broute\b|\bendpoint\b|not found: \//i;

/** The field that an upstream message is about, in OpenAI's spelling: "messages[3].content[0]". */
function paramOf(failure: HubFailure, kind: ErrorKind): string | null {
  const path = kind.status === 400 ? FIELD_PATH.exec(failure.message)?.[1] : undefined;
  return path === undefined ? null : path.replace(/\.(\d+)(?=\.|$)/g, "[$1]");
}

function codeOf(failure: HubFailure, kind: ErrorKind): string {
  return kind.openaiCode === "model_not_found" && WRONG_URL.test(failure.message) ? "wrong_base_url" : kind.openaiCode;
}

/**
 * A failure of the upstream as an OpenAI client is told it: all four keys, and a status that its SDK acts on.
 * Source: OpenAI's ErrorResponse schema (message, type, param and code are required).
 */
export function openaiError(failure: HubFailure): WireError {
  const kind = errorKind(failure.type, failure.status);
  const status = usableStatus(failure.status) ?? kind.status;
  return {
    status: status === anthropicOverload ? openaiOverload : status,
    headers: failure.requestId === undefined ? [] : ["x-request-id", failure.requestId],
    body: {
      error: {
        message: failure.message,
        type: kind.openaiType,
        param: paramOf(failure, kind),
        code: codeOf(failure, kind),
      },
    },
  };
}
