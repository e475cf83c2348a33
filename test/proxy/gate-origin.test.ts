import { describe, expect, it } from "vitest";
import { jsonAnswer } from "../support/raw-upstream.ts";
import { ask, sendRaw, toolHeaders } from "./support/client.ts";
import { localToken, startPair } from "./support/test-proxy.ts";

const friendly = "https://friend.example";

const origins: readonly (string | undefined)[] = [
  undefined,
  "null",
  "",
  "http://evil.com",
  "https://friend.example.evil.com",
  "https://friend.example:8443",
  "https://friend.example/path",
  "https://user@friend.example",
  "http://localhost.attacker.com",
  "http://localhost:PORT",
  "chrome-extension://abcdefgh",
  friendly,
];
const contentTypes: readonly (string | undefined)[] = [
  "application/json",
  "application/json; charset=utf-8",
  "application/problem+json",
  "text/plain",
  "text/plain;charset=UTF-8",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  undefined,
];
const fetchSites: readonly (string | undefined)[] = [
  undefined,
  "none",
  "same-origin",
  "same-site",
  "cross-site",
  "whatever",
];

const isJson = (type: string | undefined): boolean => type !== undefined && /^application\/(problem\+)?json/.test(type);
const present = (headers: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined));

describe("the Origin gate", () => {
  it("refuses every page but the user's own exceptions: 12 origins x 8 content types x 6 fetch sites [T2 T4]", async () => {
    const { upstream, proxy } = await startPair((_request, connection) => connection.write(jsonAnswer({ ok: true })), {
      allowedOrigins: () => [`${friendly}/`],
    });
    const wrong: string[] = [];
    let expected = 0;
    for (const origin of origins) {
      for (const contentType of contentTypes) {
        for (const fetchSite of fetchSites) {
          const headers = present({
            origin: origin?.replace("PORT", String(proxy.port)),
            "content-type": contentType,
            "sec-fetch-site": fetchSite,
            "x-api-key": localToken,
          });
          const { status, headers: answered } = await ask(proxy.port, { headers });
          const isTrusted = origin === friendly;
          const passes = isTrusted || (origin === undefined && [undefined, "none", "same-origin"].includes(fetchSite));
          const due = passes ? (isJson(contentType) ? 200 : 415) : 403;
          if (due === 200) expected++;
          if (status !== due) wrong.push(`${origin} ${contentType} ${fetchSite}: ${status}, not ${due}`);
          if (Object.keys(answered).some((name) => name.startsWith("access-control-"))) wrong.push("a CORS header");
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(upstream.requests).toHaveLength(expected);
  });

  it("reaches the upstream for none of them without a token [T2]", async () => {
    const { upstream, proxy } = await startPair(() => undefined, { allowedOrigins: () => [friendly] });
    for (const origin of origins) {
      const headers = present({ origin, "content-type": "application/json" });
      const { status } = await ask(proxy.port, { headers });
      expect([401, 403]).toContain(status);
    }
    expect(upstream.requests).toHaveLength(0);
  });

  it("answers no preflight, not even for a friend, and tells nothing by headers [T2 T4]", async () => {
    const { proxy } = await startPair(() => undefined, { allowedOrigins: () => [friendly] });
    for (const path of ["/v1/messages", "/", "/healthz", "/nothing"]) {
      const { status, headers } = await ask(proxy.port, {
        method: "OPTIONS",
        path,
        headers: {
          origin: friendly,
          "access-control-request-method": "POST",
          "access-control-request-private-network": "true",
        },
      });
      expect(status).toBe(403);
      expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
    }
  });

  it("compares the origins of applications, which have none by the URL standard, as they are", async () => {
    const { proxy } = await startPair((_request, connection) => connection.write(jsonAnswer({ ok: true })), {
      allowedOrigins: () => ["vscode-file://vscode-app"],
    });
    const statusOf = async (origin: string): Promise<number> =>
      (await ask(proxy.port, { headers: { ...toolHeaders, origin } })).status;
    expect(await statusOf("vscode-file://vscode-app")).toBe(200);
    expect(await statusOf("vscode-file://other")).toBe(403);
    expect(await statusOf("null")).toBe(403);
  });

  it("refuses two Origins, also where one of them is allowed [T2]", async () => {
    const { upstream, proxy } = await startPair(() => undefined, { allowedOrigins: () => [friendly] });
    const { status } = await sendRaw(
      proxy.port,
      `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\nOrigin: ${friendly}\r\nOrigin: http://evil.com\r\n` +
        `content-type: application/json\r\nx-api-key: ${localToken}\r\ncontent-length: 2\r\n\r\n{}`,
    );
    expect(status).toBe(403);
    expect(upstream.requests).toHaveLength(0);
  });

  it("takes no word of Node's fetch for a page: it sends a fetch mode and no fetch site", async () => {
    const { proxy } = await startPair((_request, connection) => connection.write(jsonAnswer({ ok: true })));
    const { status } = await ask(proxy.port, { headers: { ...toolHeaders, "sec-fetch-mode": "cors" } });
    expect(status).toBe(200);
  });
});

describe("the content type [F16]", () => {
  it.each([
    ["application/json; charset=UTF-8", 200],
    ['application/json; charset="utf-8"', 200],
    ["APPLICATION/JSON", 200],
    ["application/vnd.api+json", 200],
    ["application/json; charset=utf-16", 415],
    ["application/json; charset=latin1", 415],
    ["application/jsonp", 415],
    ["text/json", 415],
    ["application/json, text/plain", 415],
    ["text/plain; application/json", 415],
  ])("%s: %i", async (contentType, due) => {
    const { proxy } = await startPair((_request, connection) => connection.write(jsonAnswer({ ok: true })));
    const { status } = await ask(proxy.port, { headers: { ...toolHeaders, "content-type": contentType } });
    expect(status).toBe(due);
  });
});
