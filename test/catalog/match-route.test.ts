import { describe, expect, it } from "vitest";
import { matchRoute } from "../../src/catalog/match-route.ts";

/** path | route | repaired | base URL that this kind of client wants */
const served: readonly (readonly [path: string, route: string, repaired: boolean, baseUrl: "bare" | "v1"])[] = [
  ["/v1/messages", "messages", false, "bare"],
  ["/v1/messages/", "messages", true, "bare"],
  ["//v1/messages", "messages", true, "bare"],
  ["/v1//messages", "messages", true, "bare"],
  ["/messages", "messages", true, "v1"],
  ["/v1/v1/messages", "messages", true, "bare"],
  ["/v1/messages/v1/messages", "messages", true, "bare"],
  ["/v1/messages/messages", "messages", true, "v1"],
  ["/v1/chat/completions/v1/messages", "messages", true, "bare"],
  ["/anthropic/v1/messages", "messages", true, "bare"],
  ["/v1/messages/count_tokens", "count-tokens", false, "bare"],
  ["/messages/count_tokens", "count-tokens", true, "v1"],
  ["/v1/v1/messages/count_tokens", "count-tokens", true, "bare"],
  ["/v1/messages/v1/messages/count_tokens/", "count-tokens", true, "bare"],
  ["/v1/chat/completions", "chat-completions", false, "v1"],
  ["/chat/completions", "chat-completions", true, "v1"],
  ["/v1/chat/completions/", "chat-completions", true, "v1"],
  ["//v1/chat/completions", "chat-completions", true, "v1"],
  ["/v1/v1/chat/completions", "chat-completions", true, "bare"],
  ["/v1/chat/completions/chat/completions", "chat-completions", true, "v1"],
  ["/v1/chat/completions/v1/chat/completions", "chat-completions", true, "bare"],
  ["/v1/messages/chat/completions", "chat-completions", true, "v1"],
  ["/openai/v1/chat/completions", "chat-completions", true, "v1"],
  ["/openai/deployments/gpt-4o/chat/completions", "chat-completions", true, "v1"],
  ["/v1/responses", "responses", false, "v1"],
  ["/responses", "responses", true, "v1"],
  ["/v1/responses/", "responses", true, "v1"],
  ["/v1/v1/responses", "responses", true, "bare"],
  ["/v1/chat/completions/responses", "responses", true, "v1"],
  ["/v1/responses/responses", "responses", true, "v1"],
  ["/v1/models", "models", false, "v1"],
  ["/models", "models", true, "v1"],
  ["/v1/v1/models", "models", true, "bare"],
  ["/v1/models/", "models", true, "v1"],
  ["/v1/messages/v1/models", "models", true, "bare"],
  ["/v1/models/claude-opus-4-7", "model", false, "v1"],
  ["/models/claude-opus-4-7", "model", true, "v1"],
  ["/v1/v1/models/claude-opus-4-7", "model", true, "bare"],
  ["/v1/whoami", "whoami", false, "v1"],
  ["/whoami", "whoami", true, "v1"],
  ["/v1/v1/whoami/", "whoami", true, "bare"],
];

describe("matchRoute", () => {
  it.each(served)("%s is %s", (path, route, repaired, baseUrl) => {
    for (const query of ["", "?", "?beta=true", "?a=/v1/models&b=?"]) {
      const match = matchRoute(path + query);
      expect(match).toMatchObject({ route, repaired, baseUrl, query });
      expect(match.endpoint?.route).toBe(route === "model" ? "models" : route);
    }
  });

  it("names the canonical path of a repaired one", () => {
    expect(matchRoute("/v1/messages/v1/messages?beta=true").endpoint?.path).toBe("/v1/messages");
    expect(matchRoute("/chat/completions/").endpoint?.path).toBe("/v1/chat/completions");
  });

  it("reads the id of a model, also where it is encoded, broken or has slashes", () => {
    expect(matchRoute("/v1/models/claude%2Dopus-4-7?x=1").modelId).toBe("claude-opus-4-7");
    expect(matchRoute("/v1/models/anthropic/claude-opus-4-7").modelId).toBe("anthropic/claude-opus-4-7");
    expect(matchRoute("/v1/models/%E0%A4%A").modelId).toBe("%E0%A4%A");
    expect(matchRoute("/v1/models/constructor").modelId).toBe("constructor");
  });

  it.each([
    ["/v1/responses/resp_1", "response", ["GET", "DELETE"], false],
    ["/responses/resp_1", "response", ["GET", "DELETE"], true],
    ["/v1/v1/responses/resp_1?x=1", "response", ["GET", "DELETE"], true],
    ["/v1/responses/resp_1/input_items", "response-input-items", ["GET"], false],
    ["/v1/responses/resp_1/cancel", "response-cancel", ["POST"], false],
  ])("%s is about a stored response: %s", (path, route, methods, repaired) => {
    const format = "openai-responses";
    expect(matchRoute(path)).toMatchObject({ route, methods, repaired, format, responseId: "resp_1" });
  });

  it.each([
    ["/", "root", ["HEAD"]],
    ["/?x", "root", ["HEAD"]],
    ["/api/hello", "hello", ["HEAD", "GET"]],
    ["/v1/api/hello", "hello", ["HEAD", "GET"]],
    ["/healthz", "health", ["HEAD", "GET"]],
    ["/healthz?nonce=abc", "health", ["HEAD", "GET"]],
  ])("%s is the daemon's own: %s", (path, route, methods) => {
    expect(matchRoute(path)).toMatchObject({ route, methods, repaired: false });
  });

  it.each([
    ["/v1/embeddings", "embeddings", "openai-chat"],
    ["/embeddings", "embeddings", "openai-chat"],
    ["/v1/v1/embeddings", "embeddings", "openai-chat"],
    ["/v1/completions", "legacy completions (use /v1/chat/completions)", "openai-chat"],
    ["/v1/complete", "legacy text completions (use /v1/messages)", "anthropic"],
    ["/v1/messages/batches", "message batches", "anthropic"],
    ["/v1/messages/batches/msgbatch_1/results", "message batches", "anthropic"],
    ["/v1/batches/batch_1/cancel", "batches", "openai-chat"],
    ["/v1/files", "files", "openai-chat"],
    ["/v1/files/file-1/content", "files", "openai-chat"],
    ["/v1/images/generations", "image generation", "openai-chat"],
    ["/v1/threads/thread_1/messages", "threads", "openai-chat"],
    ["/threads/thread_1/messages", "threads", "openai-chat"],
    ["/v1/responses/compact", "compaction of conversations", "openai-responses"],
    ["/v1/responses/input_tokens", "token counts of responses", "openai-responses"],
    ["/v1/responses/resp_1/output", "such a part of a response", "openai-responses"],
    ["/v1/responses/resp_1/input_items/x", "such a part of a response", "openai-responses"],
  ])("%s is known and not there: %s", (path, what, format) => {
    expect(matchRoute(path)).toMatchObject({ route: "unsupported", what, format });
  });

  it.each([
    ["/v1", undefined],
    ["//", undefined],
    ["/favicon.ico", undefined],
    ["/v1/message", "anthropic"],
    ["/anthropic", "anthropic"],
    ["/v1/chat", "openai-chat"],
    ["/openai/v1", "openai-chat"],
    ["/constructor", undefined],
    ["/__proto__", undefined],
    ["", undefined],
  ])("%s matches nothing", (path, format) => {
    expect(matchRoute(path)).toMatchObject({ route: "unknown", format });
  });
});
