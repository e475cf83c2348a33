import { describe, expect, it } from "vitest";
import { sendRaw } from "../proxy/support/client.ts";
import { localToken, startPair } from "../proxy/support/test-proxy.ts";
import { jsonAnswer } from "../support/raw-upstream.ts";

/** Every route that there is, and some that aren't. */
const paths = [
  ...["/", "/api/hello", "/healthz", "/healthz?nonce=0123456789abcdef", "/favicon.ico", "/nothing", "/v1/files"],
  ...["/v1/messages", "/v1/messages/count_tokens", "/v1/chat/completions", "/v1/responses", "/v1/completions"],
  ...[
    "/v1/models",
    "/v1/models/claude-opus-4-7",
    "/v1/whoami",
    "/v1/responses/resp_1",
    "/v1/responses/resp_1/input_items",
  ],
  ...["/v1/responses/resp_1/cancel", "/v1/responses?stream=true", "/x/v1/messages", "/threads", "/admin/stop"],
];

interface PageRequest {
  readonly method: string;
  readonly headers: readonly string[];
  readonly body?: string;
  /** The host that the page believes to speak to. */
  readonly host?: string;
}

const form = "application/x-www-form-urlencoded";
const message = '{"model":"claude-opus-4-7","max_tokens":1,"messages":[]}';
const evil = "Origin: https://evil.example";
const noCors = ["Sec-Fetch-Mode: no-cors", "Sec-Fetch-Site: cross-site"];

/** What a page can have a browser send without its leave, and what it can only ask leave for. */
const pages: Readonly<Record<string, PageRequest>> = {
  "an image": { method: "GET", headers: [...noCors, "Sec-Fetch-Dest: image", "Referer: https://evil.example/"] },
  "a script": { method: "GET", headers: [...noCors, "Sec-Fetch-Dest: script"] },
  "an image in a browser without fetch metadata": { method: "GET", headers: ["Referer: https://evil.example/"] },
  "a frame": {
    method: "GET",
    headers: ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Dest: iframe"],
  },
  "a link that is followed": {
    method: "GET",
    headers: ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: cross-site", "Sec-Fetch-User: ?1"],
  },
  "an address that is typed": {
    method: "GET",
    headers: ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: none", "Sec-Fetch-User: ?1"],
  },
  "a form": { method: "POST", headers: [evil, "Sec-Fetch-Site: cross-site", `Content-Type: ${form}`], body: "a=b" },
  "a form of plain text that looks like JSON": {
    method: "POST",
    headers: [evil, "Content-Type: text/plain"],
    body: message,
  },
  "a form in a browser that says no origin": { method: "POST", headers: ["Content-Type: text/plain"], body: message },
  "a fetch without CORS": {
    method: "POST",
    headers: [evil, ...noCors, "Content-Type: text/plain;charset=UTF-8"],
    body: message,
  },
  "a beacon": { method: "POST", headers: [evil, ...noCors, "Content-Type: text/plain;charset=UTF-8"], body: message },
  "a ping": { method: "POST", headers: [evil, ...noCors, "Content-Type: text/ping", "Ping-To: x"], body: "PING" },
  "a fetch that claims to be JSON": {
    method: "POST",
    headers: [evil, "Sec-Fetch-Mode: cors", "Content-Type: application/json"],
    body: message,
  },
  "a file that was opened": {
    method: "POST",
    headers: ["Origin: null", "Sec-Fetch-Site: cross-site", "Content-Type: application/json"],
    body: message,
  },
  "a sandboxed frame": {
    method: "GET",
    headers: ["Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors"],
  },
  "a page on another port of this machine": {
    method: "POST",
    headers: ["Origin: http://127.0.0.1:3000", "Sec-Fetch-Site: same-site", "Content-Type: application/json"],
    body: message,
  },
  "a preflight": {
    method: "OPTIONS",
    headers: [
      evil,
      "Access-Control-Request-Method: POST",
      "Access-Control-Request-Headers: x-api-key",
      "Access-Control-Request-Private-Network: true",
    ],
  },
  "a preflight for a deletion": {
    method: "OPTIONS",
    headers: ["Origin: null", "Access-Control-Request-Method: DELETE"],
  },
  "a WebSocket": {
    method: "GET",
    headers: [
      evil,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: eA==",
    ],
  },
  "a name that was rebound": {
    method: "GET",
    headers: ["Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors"],
    host: "evil.example",
  },
  "a name that was rebound, and posts": {
    method: "POST",
    headers: ["Origin: http://evil.example", "Sec-Fetch-Site: same-origin", "Content-Type: application/json"],
    body: message,
    host: "evil.example",
  },
  "0.0.0.0 for this machine": {
    method: "POST",
    headers: ["Sec-Fetch-Site: same-origin", "Content-Type: application/json"],
    body: message,
    host: "0.0.0.0",
  },
};

/** Statuses that a page may see: none of them is a success with something in it. */
const refusals = [400, 401, 403, 404, 405, 415, 421, 426];

function textOf({ method, headers, body = "", host = "127.0.0.1" }: PageRequest, path: string, port: number): string {
  const length = method === "POST" ? [`Content-Length: ${body.length}`] : [];
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${host}:${port}`,
    "User-Agent: Mozilla/5.0",
    ...headers,
    ...length,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

describe("a web page", () => {
  it("gets no fact from any route in any way that a browser has, and nothing of it goes upstream [T1 T2 T3 T4 T5]", async () => {
    const { upstream, proxy } = await startPair((_request, connection) =>
      connection.write(jsonAnswer({ type: "message" })),
    );
    const wrong: string[] = [];
    const seen: Record<string, Set<number>> = {};
    for (const [name, page] of Object.entries(pages)) {
      for (const path of paths) {
        const { status, text } = await sendRaw(proxy.port, textOf(page, path, proxy.port));
        const body = text.slice(text.indexOf("\r\n\r\n") + 4);
        const isEmpty = status === 200 && body === "";
        const isProof = path.includes("nonce=") && status === 200 && /^\{"proof":"[^"]+"\}$|^[\w-]+$/.test(body.trim());
        if (!refusals.includes(status) && !isEmpty && !isProof)
          wrong.push(`${name} at ${path}: ${status} ${body.slice(0, 80)}`);
        if (/^(access-control-|set-cookie|location|sec-websocket)/im.test(text))
          wrong.push(`${name} at ${path}: a header`);
        seen[name] = (seen[name] ?? new Set()).add(status);
      }
    }
    expect(wrong).toEqual([]);
    expect(upstream.requests).toEqual([]);
    // A browser that says that another site asks is refused everywhere, also where nothing would be told.
    for (const [name, { headers }] of Object.entries(pages)) {
      const isForeign = headers.some((line) => /^Sec-Fetch-Site: (cross|same)-site|^Origin: /.test(line));
      if (isForeign && name !== "a WebSocket") expect([name, ...(seen[name] ?? [])]).toEqual([name, 403]);
    }
    expect(proxy.ended).toEqual([]);
  });

  it("that has the token all the same, by whatever way, is refused still [T2 T3]", async () => {
    const { upstream, proxy } = await startPair((_request, connection) =>
      connection.write(jsonAnswer({ type: "message" })),
    );
    for (const [name, page] of Object.entries(pages)) {
      const isPage =
        page.host !== undefined ||
        page.headers.some((line) => /^(Sec-Fetch-Site: (cross|same)-site|Origin: )/.test(line));
      if (!isPage) continue;
      const withToken = { ...page, headers: [...page.headers, `x-api-key: ${localToken}`] };
      const { status } = await sendRaw(proxy.port, textOf(withToken, "/v1/messages", proxy.port));
      expect([name, refusals.includes(status)]).toEqual([name, true]);
    }
    expect(upstream.requests).toEqual([]);
  });
});
