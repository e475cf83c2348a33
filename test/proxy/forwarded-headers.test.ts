import { describe, expect, it } from "vitest";
import { endpoints } from "../../src/catalog/endpoints.ts";
import { answeredHeaders, downstreamHeaders, upstreamHeaders } from "../../src/proxy/forwarded-headers.ts";
import { seededRandom } from "../support/generated-streams.ts";

const messages = endpoints.find(({ route }) => route === "messages")!;
const chat = endpoints.find(({ route }) => route === "chat-completions")!;
const none = new Set<string>();

describe("request headers", () => {
  it("keep case, order and duplicates of what Anthropic's clients send, known or not", () => {
    const sent = [
      ...["Anthropic-Beta", "a-1,b-2", "anthropic-beta", "c-3", "anthropic-version", "2023-06-01"],
      ...[
        "anthropic-future",
        "x",
        "anthropic-dangerous-direct-browser-access",
        "true",
        "X-Stainless-Lang",
        "js",
        "x-app",
        "cli",
      ],
      ...["User-Agent", "claude-cli/2", "Accept", "application/json", "Content-Type", "application/json"],
    ];
    expect(upstreamHeaders(sent, messages, "zk_key")).toEqual([
      ...sent,
      "accept-encoding",
      "identity",
      "x-api-key",
      "zk_key",
    ]);
  });

  it.each([
    ["2023-06-01", "2023-06-01"],
    ["2023-01-01", "2023-01-01"],
    ["2026-10-21", "2023-06-01"],
    ["2099-01-01", "2023-06-01"],
  ])("anthropic-version %s is sent as %s", (asked, sent) => {
    const headers = upstreamHeaders(["anthropic-version", asked], messages, "k");
    expect(headers.slice(0, 2)).toEqual(["anthropic-version", sent]);
  });

  it("a missing anthropic-version is added, for Anthropic's routes only", () => {
    expect(upstreamHeaders([], messages, "k")).toEqual([
      "anthropic-version",
      "2023-06-01",
      "accept-encoding",
      "identity",
      "x-api-key",
      "k",
    ]);
    expect(upstreamHeaders([], chat, "k")).toEqual(["accept-encoding", "identity", "authorization", "Bearer k"]);
  });

  it("let nothing through of what belongs to the connection, to the browser or to a vendor: 300 random blocks [T16]", () => {
    const denied = [
      ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"],
      ...[
        "transfer-encoding",
        "upgrade",
        "host",
        "content-length",
        "expect",
        "cookie",
        "origin",
        "forwarded",
        "accept-encoding",
      ],
      ...[
        "x-forwarded-for",
        "x-forwarded-proto",
        "sec-fetch-site",
        "sec-ch-ua",
        "authorization",
        "x-api-key",
        "api-key",
      ],
    ];
    const open = ["accept", "x-app", "anthropic-beta", "traceparent", "x-custom", "accept-language"];
    const random = seededRandom(3);
    const anyCase = (name: string): string =>
      [...name].map((letter) => (random() < 0.5 ? letter.toUpperCase() : letter)).join("");
    for (let round = 0; round < 300; round++) {
      const names = [...denied, ...open, "x-hop"].sort(() => random() - 0.5).slice(0, 12);
      const block = names.flatMap((name) => [anyCase(name), name === "connection" ? "close, X-Hop" : `v-${name}`]);
      const sent = upstreamHeaders(block, messages, "zk_key");
      const kept = sent.filter((_text, index) => index % 2 === 0).map((name) => name.toLowerCase());
      const hop = names.includes("connection") ? ["x-hop"] : [];
      const own = ["anthropic-version", "accept-encoding", "x-api-key"];
      expect(kept.filter((name) => !own.includes(name)).sort()).toEqual(
        names.filter((name) => !denied.includes(name) && !hop.includes(name)).sort(),
      );
      expect(kept.filter((name) => name === "x-api-key")).toHaveLength(1);
      expect(sent[kept.indexOf("x-api-key") * 2 + 1]).toBe("zk_key");
    }
  });
});

describe("response headers", () => {
  it("keep all but the connection's, cookies, CORS and another bill's limits [T16]", () => {
    const block = [
      ...[
        "Request-Id",
        "r",
        "Retry-After",
        "3",
        "anthropic-ratelimit-tokens-remaining",
        "1",
        "X-Unknown",
        "1",
        "x-unknown",
        "2",
      ],
      ...["Date", "now", "Server", "s"],
    ];
    const refused = [
      ...[
        "Connection",
        "close, X-Hop",
        "X-Hop",
        "1",
        "Keep-Alive",
        "timeout=1",
        "Transfer-Encoding",
        "chunked",
        "Upgrade",
        "h2c",
      ],
      ...["Set-Cookie", "a", "Access-Control-Allow-Origin", "*", "access-control-expose-headers", "*", "Trailer", "x"],
      ...["anthropic-ratelimit-unified-status", "ok", "Proxy-Authenticate", "Basic"],
    ];
    expect(downstreamHeaders([...refused, ...block], none)).toEqual(block);
    expect(downstreamHeaders(block, new Set(["date", "x-unknown"]))).not.toContain("X-Unknown");
  });

  it.each([401, 402])("say on a %i that a retry can't help, whatever the upstream says", (status) => {
    expect(answeredHeaders(status, ["X-Should-Retry", "true", "a", "b"], none)).toEqual([
      "a",
      "b",
      "x-should-retry",
      "false",
    ]);
  });

  it.each([200, 403, 404, 429, 500, 529])("leave the word to the upstream on a %i", (status) => {
    expect(answeredHeaders(status, ["X-Should-Retry", "true"], none)).toEqual(["X-Should-Retry", "true"]);
    expect(answeredHeaders(status, ["a", "b"], none)).toEqual(["a", "b"]);
  });
});
