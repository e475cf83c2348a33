import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

const ajv = new Ajv2020({ strict: false, allErrors: false });

function load(name: string): ValidateFunction {
  const file = new URL(`../../fixtures/schemas/anthropic.${name}.schema.json`, import.meta.url);
  return ajv.compile(JSON.parse(readFileSync(file, "utf8")));
}

const validators = {
  /** Strict: every key that the SDK's types call present must be there. */
  message: load("Message"),
  event: load("MessageStreamEvent"),
  /** Has ping and error events, which the strict one lacks. */
  anyEvent: load("MessageStreamEvent.lenient"),
  error: load("ErrorResponse"),
};

/** Error types that the hosted documentation names and Anthropic's schema doesn't. */
const documentedTypes: Readonly<Record<string, string>> = {
  insufficient_credits: "billing_error",
  not_found: "not_found_error",
  rate_limit_exceeded: "rate_limit_error",
  upstream_error: "api_error",
  upstream_timeout: "timeout_error",
  request_too_large: "invalid_request_error",
};

function check(name: keyof typeof validators, value: unknown): void {
  const validate = validators[name];
  if (validate(value)) return;
  const why = (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`).join("; ");
  throw new Error(`not a valid ${name}: ${why}\n${JSON.stringify(value).slice(0, 2_000)}`);
}

/** Throws where a JSON answer is neither a Message nor an error of the documented shape. */
export function checkAnswer(status: number, answer: unknown): void {
  if (status === 200) {
    check("message", answer);
    return;
  }
  const { error } = answer as { error: { type: string } };
  const type = documentedTypes[error.type] ?? error.type;
  check("error", { ...(answer as object), error: { ...error, type } });
}

/** Throws where an event of a stream isn't one. */
export function checkEvent(event: { type: string }): void {
  check(event.type === "ping" || event.type === "error" ? "anyEvent" : "event", event);
}
