import { describe, expect, it } from "vitest";
import { headersFromHub } from "../../../src/formats/openai/headers.ts";
import { formats } from "../../../src/formats/registry.ts";

describe("the upstream's headers for an OpenAI client", () => {
  it("have OpenAI's names, resets as how long until then, and nothing of the maker's own", () => {
    const headers = [
      ...["Request-Id", "req_1", "retry-after", "7", "retry-after-ms", "6500", "x-should-retry", "false"],
      ...["anthropic-ratelimit-requests-limit", "600", "anthropic-ratelimit-requests-remaining", "599"],
      ...["anthropic-ratelimit-tokens-reset", "2026-01-01T00:01:30Z", "anthropic-ratelimit-requests-reset", "soon"],
      ...["anthropic-ratelimit-unified-status", "allowed", "anthropic-organization-id", "org"],
    ];
    expect(headersFromHub(headers, Date.parse("2026-01-01T00:00:00.500Z"))).toEqual([
      ...["x-request-id", "req_1", "retry-after", "7", "retry-after-ms", "6500", "x-should-retry", "false"],
      ...[
        "x-ratelimit-limit-requests",
        "600",
        "x-ratelimit-remaining-requests",
        "599",
        "x-ratelimit-reset-tokens",
        "90s",
      ],
    ]);
  });
});

describe("the registry of formats", () => {
  it.each(Object.entries(formats))("%s keeps the contract", async (name, load) => {
    const { default: format } = await load();
    expect(format.name).toBe(name);
    expect(format.suffixes.length).toBeGreaterThan(0);
    expect(format.ping).toMatch(/\n\n$/);
  });
});
