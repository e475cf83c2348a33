import { describe, expect, it } from "vitest";
import { anthropicError } from "../../src/formats/anthropic/errors.ts";
import { readFailure } from "../../src/formats/anthropic/read-failure.ts";
import { openaiError } from "../../src/formats/openai/errors.ts";
import { schemaErrors } from "../support/schema-validator.ts";

const types = [
  ...["invalid_request_error", "authentication_error", "billing_error", "insufficient_credits", "permission_error"],
  ...["not_found_error", "not_found", "request_too_large", "rate_limit_error", "rate_limit_exceeded", "api_error"],
  ...["upstream_error", "timeout_error", "upstream_timeout", "overloaded_error", "some_future_error", "", "__proto__"],
];

describe("an upstream error of any type and status", () => {
  it("has all four keys of OpenAI's, a valid Anthropic form, and a status of an error, always", () => {
    for (const type of types) {
      for (let status = 100; status <= 700; status += 1) {
        const failure = { status, type, message: "m" };
        const openai = openaiError(failure);
        const anthropic = anthropicError(failure);
        expect(openai.status).toBeGreaterThanOrEqual(400);
        expect(openai.status).toBeLessThan(600);
        expect(openai.status).not.toBe(529);
        expect(Object.keys(openai.body["error"] as object)).toEqual(["message", "type", "param", "code"]);
        expect(anthropic.status).toBeGreaterThanOrEqual(400);
        expect(anthropic.status).toBeLessThan(600);
      }
    }
    expect(schemaErrors("openai.ErrorResponse", openaiError({ type: "", message: "m" }).body)).toEqual([]);
  });

  it.each([
    [400, "invalid_request_error", 400, "invalid_request_error", "invalid_request_error"],
    [401, "authentication_error", 401, "authentication_error", "invalid_api_key"],
    [402, "insufficient_credits", 402, "insufficient_credits", "insufficient_credits"],
    [403, "permission_error", 403, "permission_error", "permission_denied"],
    [404, "not_found", 404, "not_found", "model_not_found"],
    [413, "request_too_large", 413, "request_too_large", "request_too_large"],
    [429, "rate_limit_exceeded", 429, "rate_limit_exceeded", "rate_limit_exceeded"],
    [500, "api_error", 500, "api_error", "api_error"],
    [502, "upstream_error", 502, "upstream_error", "upstream_error"],
    [504, "upstream_timeout", 504, "upstream_timeout", "upstream_timeout"],
    [529, "overloaded_error", 503, "overloaded_error", "overloaded"],
    [502, "api_error", 502, "upstream_error", "upstream_error"],
    [undefined, "overloaded_error", 503, "overloaded_error", "overloaded"],
    [undefined, "rate_limit_error", 429, "rate_limit_exceeded", "rate_limit_exceeded"],
    [200, "api_error", 500, "api_error", "api_error"],
  ] as const)("%s %s is %s %s / %s to an OpenAI client", (status, type, outStatus, outType, code) => {
    const failure = status === undefined ? { type, message: "m" } : { status, type, message: "m" };
    if (status === 200) return expect(openaiError(failure).status).toBe(502);
    const error = openaiError(failure);
    expect(error.status).toBe(outStatus);
    expect(error.body).toEqual({ error: { message: "m", type: outType, param: null, code } });
  });

  it("names the field that a validation message is about", () => {
    const param = (message: string) =>
      (openaiError({ status: 400, type: "invalid_request_error", message }).body["error"] as { param: unknown }).param;
    expect(param("messages.3.content.0: Input should be a valid dictionary")).toBe("messages[3].content[0]");
    expect(param("max_tokens: 200000 > 128000")).toBe("max_tokens");
    expect(param("tools.0.custom.input_schema: no")).toBe("tools[0].custom.input_schema");
    expect(param("Your credit balance is too low")).toBeNull();
  });

  it("tells a wrong address from a wrong model", () => {
    const code = (message: string) =>
      (openaiError({ status: 404, type: "not_found_error", message }).body["error"] as { code: unknown }).code;
    expect(code("model: claude-nope")).toBe("model_not_found");
    expect(code("Typically: wrong base URL")).toBe("wrong_base_url");
  });
});

describe("reading an upstream's error body", () => {
  it("takes both formats' envelopes", () => {
    const anthropic = {
      type: "error",
      error: { type: "overloaded_error", message: "Overloaded" },
      request_id: "req_1",
    };
    expect(readFailure(529, JSON.stringify(anthropic))).toEqual({
      status: 529,
      type: "overloaded_error",
      message: "Overloaded",
      requestId: "req_1",
    });
    const hosted = { error: { type: "not_found", message: "no" } };
    expect(readFailure(404, JSON.stringify(hosted))).toEqual({ status: 404, type: "not_found", message: "no" });
    expect(readFailure(400, '{"error":"plain text"}')).toMatchObject({ type: "", message: "plain text" });
    expect(readFailure(400, '{"message":"bare"}')).toMatchObject({ message: "bare" });
  });

  it("quotes nothing of HTML, of nothing, or of JSON that is no object", () => {
    for (const body of ["<html>login</html>", "", "[]", "null", '"x"', "{"]) {
      expect(readFailure(502, body)).toEqual({
        status: 502,
        type: "",
        message: "the hosted API answered with status 502",
      });
    }
  });

  it("cuts a message that is megabytes long", () => {
    expect(readFailure(400, JSON.stringify({ error: { message: "x".repeat(1e6) } })).message.length).toBe(2048);
  });
});
