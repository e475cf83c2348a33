import { describe, expect, it } from "vitest";
import { headerValues } from "../../src/base/headers.ts";
import { jsonAnswer } from "../support/raw-upstream.ts";
import { ask, jsonOf, sendRaw, smallBody } from "./support/client.ts";
import { localToken, posts, realKey, startPair } from "./support/test-proxy.ts";

const json = { "content-type": "application/json" };
const ownKey = "zk_own_0123456789abcdef";
const answering = jsonAnswer({ ok: true });

describe("the credential gate", () => {
  it.each([
    ["x-api-key", { "x-api-key": localToken }],
    ["Bearer", { authorization: `Bearer ${localToken}` }],
    ["bearer, any case", { authorization: `bEARER   ${localToken}` }],
    ["x-api-key beside another vendor's key", { "x-api-key": localToken, authorization: "Bearer sk-ant-other" }],
    ["Bearer beside another vendor's key", { "x-api-key": "sk-ant-other", authorization: `Bearer ${localToken}` }],
    ["Bearer beside an own key", { "x-api-key": ownKey, authorization: `Bearer ${localToken}` }],
  ])("takes the local token as %s, and sends the daemon's key alone", async (_name, headers) => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(answering));
    expect((await ask(proxy.port, { headers: { ...json, ...headers } })).status).toBe(200);
    const sent = upstream.requests[0]!;
    expect(headerValues(sent.rawHeaders, "x-api-key")).toEqual([realKey]);
    expect(headerValues(sent.rawHeaders, "authorization")).toEqual([]);
    expect(sent.head + sent.body.toString()).not.toMatch(/zxl_|sk-ant|zk_own/);
  });

  it.each([
    ["x-api-key", { "x-api-key": ownKey }],
    ["Bearer", { authorization: `Bearer ${ownKey}` }],
    ["Bearer beside another vendor's key", { "x-api-key": "sk-ant-other-key", authorization: `Bearer ${ownKey}` }],
    ["x-api-key beside a wrong token", { "x-api-key": ownKey, authorization: "Bearer zxl_wrong" }],
  ])("forwards a key of the hosted API that came as %s, alone", async (_name, headers) => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(answering));
    expect((await ask(proxy.port, { headers: { ...json, ...headers } })).status).toBe(200);
    const sent = upstream.requests[0]!;
    expect(headerValues(sent.rawHeaders, "x-api-key")).toEqual([ownKey]);
    expect(sent.head).not.toMatch(/authorization|zxl_|sk-ant|zk_real/i);
  });

  it("sends chat completions and whoami the Bearer header that they document", async () => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(answering));
    await ask(proxy.port, { path: "/v1/chat/completions", headers: { ...json, "x-api-key": localToken } });
    await ask(proxy.port, { method: "GET", path: "/v1/whoami", headers: { "x-api-key": localToken } });
    for (const sent of upstream.requests) {
      expect(headerValues(sent.rawHeaders, "authorization")).toEqual([`Bearer ${realKey}`]);
      expect(headerValues(sent.rawHeaders, "x-api-key")).toEqual([]);
    }
  });

  const tokens: readonly (readonly [name: string, headers: Record<string, string>])[] = [
    ["none", {}],
    ["empty", { "x-api-key": "" }],
    ["an empty Bearer", { authorization: "Bearer " }],
    ["wrong", { "x-api-key": "zxl_wrong" }],
    ["a prefix", { "x-api-key": localToken.slice(0, -1) }],
    ["longer", { "x-api-key": `${localToken}0` }],
    ["another case", { "x-api-key": localToken.toUpperCase() }],
    ["as Basic", { authorization: `Basic ${Buffer.from(localToken).toString("base64")}` }],
    ["doubled Bearer", { authorization: `Bearer Bearer ${localToken}` }],
    ["in a list", { "x-api-key": `${localToken}, ${localToken}` }],
    ["in another header", { "api-key": localToken, cookie: `token=${localToken}` }],
    ["Anthropic's", { "x-api-key": "sk-ant-api03-0123456789" }],
    ["OpenAI's", { authorization: "Bearer sk-proj-0123456789" }],
    ["zk_ alone", { "x-api-key": "zk_" }],
    ["zk_ with a blank", { "x-api-key": "zk_abcdef ghijkl" }],
    ["zk_ with quotes", { "x-api-key": '"zk_abcdefghijkl"' }],
    ["a very long one", { "x-api-key": `zxl_${"a".repeat(20_000)}` }],
    ["a very long key", { "x-api-key": `zk_${"a".repeat(20_000)}` }],
  ];

  it.each(tokens)("answers 401 to %s, on every route, and reaches nothing [T3 T7]", async (_name, headers) => {
    const { upstream, proxy } = await startPair(() => undefined);
    for (const path of ["/v1/messages", "/v1/messages/count_tokens", "/v1/chat/completions", "/messages"]) {
      const answer = await ask(proxy.port, { path, headers: { ...json, ...headers } });
      expect(answer.status).toBe(401);
      expect(answer.headers["x-should-retry"]).toBe("false");
      expect(answer.text).not.toContain("abcdef");
    }
    for (const path of ["/v1/models", "/v1/models/claude-opus-4-7", "/v1/whoami"]) {
      expect((await ask(proxy.port, { method: "GET", path, headers })).status).toBe(401);
    }
    expect(upstream.requests).toHaveLength(0);
    expect(proxy.started).toEqual([]);
    expect(proxy.ended).toEqual([]);
  });

  it("says what to do: other words for a missing token than for a wrong one", async () => {
    const { proxy } = await startPair(() => undefined);
    const missing = jsonOf(await ask(proxy.port, { headers: json }));
    const wrong = jsonOf(await ask(proxy.port, { headers: { ...json, "x-api-key": "zxl_old" } }));
    expect(missing).toMatchObject({ type: "error", error: { type: "authentication_error" } });
    expect(missing.error["message"]).toMatch(/no local token was sent.*zenthrex setup/);
    expect(wrong.error["message"]).toMatch(/wrong token.*zenthrex setup/);
  });

  it("refuses a credential header that comes twice", async () => {
    const { upstream, proxy } = await startPair(() => undefined);
    const head = `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\ncontent-type: application/json\r\n`;
    const tail = `content-length: ${smallBody.length}\r\n\r\n${smallBody}`;
    for (const twice of [
      `x-api-key: ${localToken}\r\nX-Api-Key: ${localToken}\r\n`,
      `Authorization: Bearer ${localToken}\r\nauthorization: Bearer zk_0123456789\r\n`,
    ]) {
      expect((await sendRaw(proxy.port, head + twice + tail)).status).toBe(400);
    }
    expect(upstream.requests).toHaveLength(0);
  });

  it("asks anew on every request of a connection, and goes with a token that has changed [T3]", async () => {
    let token = localToken;
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(answering), {
      localToken: () => token,
    });
    const request = (credential: string): string =>
      `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\ncontent-type: application/json\r\n` +
      `x-api-key: ${credential}\r\ncontent-length: 2\r\n\r\n{}`;
    const two = await sendRaw(proxy.port, request(localToken));
    expect(two.status).toBe(200);
    token = "zxl_changed_0123456789";
    expect((await sendRaw(proxy.port, request(localToken))).status).toBe(401);
    expect((await sendRaw(proxy.port, request(token))).status).toBe(200);
    expect(posts(upstream)).toHaveLength(2);
  });

  it("refuses a wrong token on a connection that has shown the right one [T3 T23]", async () => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(answering));
    const request = (credential: string, close = ""): string =>
      `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\ncontent-type: application/json\r\n${close}` +
      `x-api-key: ${credential}\r\ncontent-length: 2\r\n\r\n{}`;
    const { openRaw } = await import("./support/client.ts");
    const client = openRaw(
      proxy.port,
      request(localToken) + request("zxl_wrong") + request(localToken, "connection: close\r\n"),
    );
    await client.closed;
    const statuses = [
      ...client
        .received()
        .toString()
        .matchAll(/HTTP\/1\.1 (\d+)/g),
    ].map((match) => match[1]);
    expect(statuses.slice(0, 2)).toEqual(["200", "401"]);
    expect(posts(upstream).length).toBeLessThanOrEqual(2);
  });

  it("tells who has no key of the hosted API to log in", async () => {
    const { upstream, proxy } = await startPair(() => undefined, { apiKey: () => undefined });
    const answer = await ask(proxy.port);
    expect(answer.status).toBe(401);
    expect(jsonOf(answer).error["message"]).toMatch(/zenthrex login/);
    expect(answer.headers["x-should-retry"]).toBe("false");
    expect(upstream.requests).toHaveLength(0);
    await proxy.untilEnded(1);
    expect(proxy.ended[0]).toMatchObject({ status: 401, outcome: "proxy_error", errorCode: "ZX_AUTH_KEY_MISSING" });
  });
});
