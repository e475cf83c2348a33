import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { ZenthrexError } from "../../src/base/errors.ts";
import { createUpstreamClient } from "../../src/upstream/client.ts";
import { askJson } from "../../src/upstream/json-answer.ts";
import { jsonAnswer, type RawConnection, type RawUpstream, startRawUpstream } from "../support/raw-upstream.ts";

let upstream: RawUpstream | undefined;
afterEach(async () => {
  await upstream?.close();
  upstream = undefined;
});

const KEY = "zk_live_abcdefghijklmnop";

async function ask(script: string | ((connection: RawConnection) => Promise<void> | void)): Promise<unknown> {
  upstream = await startRawUpstream(async (connection) => {
    if (typeof script !== "string") return script(connection);
    await connection.readRequest();
    await connection.write(script);
    connection.end();
  });
  const client = createUpstreamClient({ origin: upstream.url, clock: systemClock });
  try {
    return await askJson(client, "/v1/whoami", ["authorization", `Bearer ${KEY}`], {});
  } finally {
    await client.close();
  }
}

const html = (status: number): string =>
  `HTTP/1.1 ${status} X\r\ncontent-type: text/html\r\ncontent-length: 20\r\n\r\n<html>Log in!</html>`;
const error = (type: string, message: string): unknown => ({ type: "error", error: { type, message } });

describe("askJson", () => {
  it("asks with GET, the headers given, and for an answer that isn't compressed", async () => {
    expect(await ask(jsonAnswer({ a: 1 }))).toEqual({ a: 1 });
    expect(upstream?.requests[0]).toMatchObject({ method: "GET", path: "/v1/whoami" });
    const headers = upstream?.requests[0]?.rawHeaders.join("\n");
    expect(headers).toContain(`authorization\nBearer ${KEY}`);
    expect(headers).toContain("accept-encoding\nidentity");
  });

  it.each([
    [401, "ZX_AUTH_KEY_REJECTED"],
    [402, "ZX_WALLET_EMPTY"],
    [403, "ZX_AUTH_FORBIDDEN"],
    [404, "ZX_UPSTREAM_NOT_API"],
    [400, "ZX_UPSTREAM_NOT_API"],
    [429, "ZX_UPSTREAM_RATE_LIMIT"],
    [500, "ZX_UPSTREAM_STATUS"],
    [502, "ZX_UPSTREAM_STATUS"],
    [529, "ZX_UPSTREAM_STATUS"],
  ])("throws a %i as %s, with host, path and the upstream's words", async (status, code) => {
    const thrown = ask(jsonAnswer(error("x", "no\u001b[31m such luck"), status));
    await expect(thrown).rejects.toBeInstanceOf(ZenthrexError);
    await expect(thrown).rejects.toMatchObject({
      code,
      message: `127.0.0.1:${upstream?.port}/v1/whoami ${status === 401 ? "refused the key with" : "answered"} ${status}: no[31m such luck`,
    });
  });

  it.each([200, 401, 402, 403, 404, 502, 503])("throws an HTML page with status %i as what it is", async (status) => {
    await expect(ask(html(status))).rejects.toMatchObject({ code: "ZX_UPSTREAM_NOT_API" });
  });

  it.each([
    ["an array", jsonAnswer([])],
    ["null", jsonAnswer(null)],
    ["half an object", 'HTTP/1.1 200 OK\r\n\r\n{"a":'],
    ["nothing", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"],
    ["204", "HTTP/1.1 204 No Content\r\n\r\n"],
    ["nesting without end", `HTTP/1.1 200 OK\r\n\r\n${"[".repeat(100_000)}`],
    ["over a megabyte", `HTTP/1.1 200 OK\r\n\r\n{"a":"${"x".repeat(1_100_000)}"}`],
  ])("throws %s as no answer of the API", async (_name, bytes) => {
    await expect(ask(bytes)).rejects.toMatchObject({ code: "ZX_UPSTREAM_NOT_API" });
  });

  it.each(["gzip", "br", "identity, gzip"])(
    "throws content-encoding %s as one that can't be read",
    async (encoding) => {
      await expect(ask(jsonAnswer({}, 200, [`content-encoding: ${encoding}`]))).rejects.toMatchObject({
        code: "ZX_UPSTREAM_ENCODING",
      });
    },
  );

  it.each([
    ["https://evil.example/login?token=zk_live_abcdefghijklmnop", "to https://evil.example/login"],
    ["/v2/whoami", "/v2/whoami"],
    ["http://[", "to an address that is none"],
  ])("follows no redirect: location %s", async (location, shown) => {
    const thrown = ask(`HTTP/1.1 307 X\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`);
    await expect(thrown).rejects.toMatchObject({
      code: "ZX_UPSTREAM_REDIRECT",
      message: expect.stringMatching(new RegExp(`${shown.replace(/[[\]/.]/g, "\\$&")}$`)),
    });
    expect(upstream?.requests.length).toBe(1);
  });

  it("is sent once more after a reset, and not a third time", async () => {
    let count = 0;
    const answer = ask(async (connection) => {
      await connection.readRequest();
      if (++count === 1) return connection.reset();
      await connection.write(jsonAnswer({ a: 1 }));
    });
    await expect(answer).resolves.toEqual({ a: 1 });
    await upstream?.close();
    await expect(
      ask(async (connection) => {
        await connection.readRequest();
        connection.reset();
      }),
    ).rejects.toMatchObject({ code: "ZX_UPSTREAM_RESET" });
    expect(upstream?.requests.length).toBe(2);
  });

  it("shows no key, also where the upstream sends it back", async () => {
    for (const bytes of [
      jsonAnswer(error("authentication_error", `invalid key ${KEY}`), 401),
      jsonAnswer({ error: `invalid key ${KEY}` }, 500),
      `HTTP/1.1 302 X\r\nlocation: /${KEY}?key=${KEY}\r\ncontent-length: 0\r\n\r\n`,
    ]) {
      const thrown = await ask(bytes).catch((reason: unknown) => reason);
      expect(thrown).toBeInstanceOf(ZenthrexError);
      expect(String((thrown as Error).message) + String((thrown as Error).stack)).not.toContain(KEY);
      await upstream?.close();
    }
  });
});
