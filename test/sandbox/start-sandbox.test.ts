import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { startSandbox } from "../../src/sandbox/start-sandbox.ts";
import { ask, openSandbox, type Parsed, textIn } from "./support/sandbox-client.ts";

const documentedModels = `{
  "data": [
    {"id": "claude-opus-4-7", "display_name": "Claude Opus 4.7"},
    {"id": "claude-opus-4-7", "display_name": "Claude Sonnet 4.6"},
    {"id": "claude-haiku-4-5", "display_name": "Claude Haiku 4.5"}
  ]
}`;

describe("the routes of the sandbox", () => {
  it("answers a message and says that no model is behind it", async () => {
    const { post } = await openSandbox();
    const { status, body } = await post(ask("hello"));
    expect([status, body.model, body.stop_reason]).toEqual([200, "claude-opus-4-7", "end_turn"]);
    expect(textIn(body)).toBe('This is the zenthrex sandbox: no model is behind it. You said: "hello"');
  });

  it("takes the key from x-api-key and from a bearer, and ignores the query", async () => {
    const { post, raw } = await openSandbox();
    expect((await post(ask("a"))).status).toBe(200);
    expect((await post(ask("a"), { "x-api-key": "", authorization: "Bearer zk_sandbox_test" })).status).toBe(200);
    const headers = {
      "x-api-key": "zk_sandbox_q",
      "anthropic-version": "2023-06-01",
      "content-type": "application/json",
    };
    expect((await raw("POST", "/v1/messages?beta=true", headers, JSON.stringify(ask("a")))).status).toBe(200);
  });

  it("lists the models in the documented bytes, without a key", async () => {
    const { raw } = await openSandbox();
    const answer = await raw("GET", "/v1/models?limit=1000");
    expect([answer.status, answer.text, answer.headers["content-type"]]).toEqual([
      200,
      documentedModels,
      "application/json",
    ]);
    expect(await raw("HEAD", "/v1/models")).toMatchObject({ status: 200, text: "" });
  });

  it("tells the wallet in the documented shape", async () => {
    const { post, raw } = await openSandbox();
    await post(ask("hello"));
    const answer = await raw("GET", "/v1/whoami", { authorization: "Bearer zk_sandbox_test" });
    const body = JSON.parse(answer.text);
    expect(Object.keys(body)).toEqual([
      ...["token", "balance_usd", "total_spent_usd", "total_input_tokens", "total_output_tokens", "per_model"],
    ]);
    expect(body.token).toBe("zk_sandbox_test");
    expect(Object.keys(body.per_model)).toEqual(["claude-opus-4-7"]);
    expect(Object.keys(body.per_model["claude-opus-4-7"])).toEqual(["input_tokens", "output_tokens", "spent_usd"]);
    expect((await raw("GET", "/v1/whoami")).status).toBe(401);
  });

  it.each([
    ["POST", "/v1/v1/messages"],
    ["POST", "/v1/messages/v1/messages"],
    ["POST", "/messages"],
    ["POST", "/v1/messages/"],
    ["GET", "/v1/messages"],
    ["GET", "/v1/models/claude-opus-4-7"],
    ["POST", "/v1/messages/count_tokens"],
    ["GET", "/api/hello"],
    ["GET", "/"],
    ["GET", "/constructor"],
  ])("knows no %s %s", async (method, path) => {
    const { raw } = await openSandbox();
    const answer = await raw(method, path, { "x-api-key": "zk_sandbox_test" }, method === "POST" ? "{}" : undefined);
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.text)).toEqual({
      type: "error",
      error: { type: "not_found", message: `Not found: ${method} ${path}. Check the base URL.` },
      request_id: answer.headers["request-id"],
    });
  });

  it.each([
    ["POST", "/chat/completions"],
    ["POST", "/v1/v1/chat/completions"],
    ["POST", "/v1/chat/completions/chat/completions"],
    ["GET", "/v1/chat/completions"],
    ["POST", "/v1/embeddings"],
  ])("knows no %s %s, and says so in OpenAI's form", async (method, path) => {
    const { raw } = await openSandbox();
    const answer = await raw(method, path, { authorization: "Bearer zk_sandbox_test" }, method === "POST" ? "{}" : "");
    expect(answer.status).toBe(404);
    const message = `Not found: ${method} ${path}. Check the base URL.`;
    expect(JSON.parse(answer.text)).toEqual({
      error: { message, type: "not_found", param: null, code: "wrong_base_url" },
    });
    expect(answer.headers["x-request-id"]).toBe("req_sandbox0000000000000001");
  });

  it("counts tokens only with the flag, free of charge, with the numbers of the bill", async () => {
    const client = await openSandbox({ countTokens: true });
    const headers = {
      "x-api-key": "zk_sandbox_test",
      "anthropic-version": "2023-06-01",
      "content-type": "application/json",
    };
    const { max_tokens: _, ...counted } = ask("how many?") as { max_tokens: number };
    const answer = await client.raw("POST", "/v1/messages/count_tokens", headers, JSON.stringify(counted));
    expect((await client.whoami()).total_spent_usd).toBe(0);
    const { body } = await client.post(ask("how many?"));
    expect(JSON.parse(answer.text)).toEqual({ input_tokens: body.usage.input_tokens });
    const refused = await client.raw("POST", "/v1/messages/count_tokens", headers, JSON.stringify(ask("x")));
    expect(refused.text).toContain("max_tokens: Extra inputs are not permitted");
    const thinking = { type: "enabled", budget_tokens: 2_000 };
    const withBudget = JSON.stringify({ ...counted, model: "claude-haiku-4-5", thinking });
    expect((await client.raw("POST", "/v1/messages/count_tokens", headers, withBudget)).status).toBe(200);
    expect((await client.raw("POST", "/v1/messages/count_tokens", {}, "{}")).status).toBe(401);
  });

  it("puts a request id on every answer and repeats it in errors", async () => {
    const { post, raw } = await openSandbox();
    const good = await post(ask("a"));
    const bad = await post(ask("a"), { "x-api-key": "nonsense" });
    const models = await raw("GET", "/v1/models");
    const ids = [good, bad, models].map((answer) => answer.headers["request-id"]);
    expect(new Set(ids).size).toBe(3);
    expect(bad.body.request_id).toBe(ids[1]);
  });
});

describe("the order in which a request is refused", () => {
  const version = { "anthropic-version": "2023-06-01" };
  const type = { "content-type": "application/json" };
  const key = { "x-api-key": "zk_sandbox_test" };

  it("key, wallet, size, JSON, version, validation, model", async () => {
    const { raw } = await openSandbox();
    const large = Buffer.alloc(32 * 1024 * 1024 + 1, 0x20);
    const refusals: [Record<string, string>, string | Buffer, number, string][] = [
      [{}, large, 401, "authentication_error"],
      [{ "x-api-key": "zk_sandbox_revoked" }, "", 401, "authentication_error"],
      [{ "x-api-key": "sk-ant-someone-elses" }, "", 401, "authentication_error"],
      [{ "x-api-key": "zk_live_0123456789" }, "", 401, "authentication_error"],
      [{ "x-api-key": "zk_sandbox_empty" }, large, 402, "insufficient_credits"],
      [key, large, 413, "request_too_large"],
      [{ ...key, ...type }, "{", 400, "invalid_request_error"],
      [{ ...key, ...type }, "{}", 400, "anthropic-version: header is required"],
      [{ ...key, ...type, "anthropic-version": "2026-10-21" }, "{}", 400, "2026-10-21"],
      [{ ...key, ...version, "content-type": "text/plain" }, "{}", 400, "content-type: application/json is required"],
      [{ ...key, ...type, ...version }, "[]", 400, "Input should be a valid dictionary"],
      [{ ...key, ...type, ...version }, '{"model":"gpt-4o"}', 400, "max_tokens: Field required"],
      [{ ...key, ...type, ...version }, JSON.stringify(ask("a", { model: "gpt-4o" })), 404, "model: gpt-4o"],
    ];
    for (const [headers, body, status, says] of refusals) {
      const answer = await raw("POST", "/v1/messages", headers, body);
      expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(says)]);
    }
  });

  it("refuses a body over 32 MB that is still coming, with an answer that arrives", async () => {
    const { sandbox } = await openSandbox();
    for (let run = 0; run < 5; run++) {
      const answer = await new Promise<Parsed>((resolve, reject) => {
        const request = httpRequest(
          `${sandbox.url}/v1/messages`,
          { method: "POST", agent: false, headers: { ...key, ...type, ...version } },
          (response) => {
            response.setEncoding("utf8");
            let text = "";
            response.on("data", (chunk) => {
              text += chunk;
            });
            response.on("end", () => resolve({ status: response.statusCode, text }));
          },
        );
        request.on("error", reject);
        for (let chunk = 0; chunk < 40; chunk++) request.write(Buffer.alloc(1024 * 1024, 0x20));
        request.end();
      });
      expect(answer.status).toBe(413);
      expect(JSON.parse(answer.text).error.type).toBe("request_too_large");
    }
  });

  it("answers 413 before a client that asks first has sent its body", async () => {
    const { sandbox } = await openSandbox();
    const seen = await new Promise<string>((resolve) => {
      const socket = connect(sandbox.port, "127.0.0.1");
      let text = "";
      socket.setEncoding("utf8");
      socket.write(
        "POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: zk_sandbox_a\r\nexpect: 100-continue\r\ncontent-length: 99999999\r\n\r\n",
      );
      socket.on("data", (chunk: string) => {
        text += chunk;
        if (text.includes("request_too_large")) socket.destroy();
      });
      socket.on("close", () => resolve(text));
    });
    expect(seen).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("refuses JSON nested deeper than 512 levels, and JSON that is none, without quoting it", async () => {
    const { raw } = await openSandbox();
    const deep = `{"a":${"[".repeat(600)}${"]".repeat(600)}}`;
    const headers = { ...key, ...type, ...version };
    expect((await raw("POST", "/v1/messages", headers, deep)).text).toContain("nested deeper than 512 levels");
    const broken = await raw("POST", "/v1/messages", headers, '{"secret prompt": nope}');
    expect(broken.text).toContain("The request body is not valid JSON");
    expect(broken.text).not.toContain("secret");
    const notUtf8 = await raw("POST", "/v1/messages", headers, Buffer.from([0x7b, 0xff, 0x7d]));
    expect(notUtf8.text).toContain("UTF-8");
  });
});

describe("determinism", () => {
  it("gives the same bytes for the same requests in the same order", async () => {
    const run = async (): Promise<string[]> => {
      const { raw, clock } = await openSandbox();
      const headers = {
        "x-api-key": "zk_sandbox_d",
        "anthropic-version": "2023-06-01",
        "content-type": "application/json",
      };
      const seen: string[] = [];
      const bodies = [
        ask("hello"),
        ask("run echo hi", {
          tools: [{ name: "Bash", input_schema: { type: "object", properties: { command: { type: "string" } } } }],
          stream: true,
        }),
        ask("x", { thinking: { type: "adaptive", display: "summarized" }, stream: true }),
        ask("x", { temperature: 1 }),
        ask([{ type: "text", text: "cached ".repeat(2_000), cache_control: { type: "ephemeral" } }]),
      ];
      for (const body of bodies) {
        const answer = await raw("POST", "/v1/messages", headers, JSON.stringify(body));
        seen.push(JSON.stringify([answer.status, answer.headers, answer.text]));
        clock.advance(1_500);
      }
      seen.push((await raw("GET", "/v1/whoami", headers)).text);
      return seen;
    };
    expect(await run()).toEqual(await run());
  });

  it("begins again after a reset", async () => {
    const client = await openSandbox();
    const first = await client.post(ask("hello"));
    const reset = await client.raw("POST", "/_sandbox/reset");
    expect([reset.status, reset.text]).toEqual([200, '{"reset":true}']);
    expect((await client.whoami()).balance_usd).toBe(5);
    client.sandbox.reset();
    expect((await client.post(ask("hello"))).text).toBe(first.text);
  });
});

describe("what the sandbox remembers of requests", () => {
  it("lists them with masked credentials, bodies, usage and cost", async () => {
    const client = await openSandbox();
    await client.post(ask("hello"), { "x-custom": "kept", authorization: "Bearer zk_sandbox_secret_0123456789" });
    await client.post(ask("hello", { nonsense: 1 }));
    const listed = JSON.parse((await client.raw("GET", "/_sandbox/requests")).text).requests;
    expect(listed).toEqual(JSON.parse(JSON.stringify(client.sandbox.requests())));
    expect(listed).toHaveLength(2);
    expect(listed[0]).toMatchObject({
      ...{ method: "POST", path: "/v1/messages", status: 200, aborted: false, model: "claude-opus-4-7" },
      ...{ body: ask("hello"), started_at: "2026-11-22T12:00:00.000Z", usage: { output_tokens: 30 } },
    });
    expect(listed[0].cost_usd).toBeGreaterThan(0);
    expect(listed[1]).toMatchObject({ status: 400, usage: null, cost_usd: 0 });
    const headers = Object.fromEntries(
      listed[0].headers.map(([name, value]: string[]) => [name?.toLowerCase(), value]),
    );
    expect(headers["x-custom"]).toBe("kept");
    expect(headers.authorization).toBe("Bearer zk_...6789");
    expect(JSON.stringify(listed)).not.toContain("zk_sandbox_secret");
  });

  it("keeps only the last ones", async () => {
    const client = await openSandbox({ keptRequests: 3 });
    for (let number = 0; number < 5; number++) await client.post(ask(`request ${number}`));
    expect(client.sandbox.requests().map((one) => (one.body as Parsed).messages[0].content)).toEqual([
      ...["request 2", "request 3", "request 4"],
    ]);
  });

  it("forgets the oldest bodies when all together are too large", async () => {
    const client = await openSandbox();
    const large = "x".repeat(30 * 1024 * 1024);
    for (let number = 0; number < 3; number++) await client.post({ model: large });
    expect(client.sandbox.requests().map((one) => one.body !== null)).toEqual([false, true, true]);
  }, 60_000);

  it("is closed to web pages and to names that are not this machine's", async () => {
    const { raw } = await openSandbox();
    expect((await raw("GET", "/_sandbox/requests", { origin: "https://evil.example" })).status).toBe(403);
    expect((await raw("GET", "/_sandbox/requests", { host: "evil.example" })).status).toBe(403);
    expect((await raw("POST", "/_sandbox/reset", { origin: "null" })).status).toBe(403);
    expect((await raw("GET", "/_sandbox/other")).status).toBe(404);
  });
});

describe("starting and stopping", () => {
  it("says which port is taken", async () => {
    const { sandbox } = await openSandbox();
    await expect(startSandbox({ port: sandbox.port })).rejects.toMatchObject({ code: "ZX_PORT_TAKEN" });
  });

  it("stops with answers under way", async () => {
    const sandbox = await startSandbox();
    const asked = fetch(`${sandbox.url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": "zk_sandbox_a", "anthropic-version": "2023-06-01", "content-type": "application/json" },
      body: JSON.stringify(ask("[[sandbox: stall 500 at=before]]")),
    });
    const failed = expect(asked).rejects.toThrow();
    while (sandbox.requests()[0]?.body === undefined || sandbox.requests()[0]?.body === null) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await sandbox.stop();
    await failed;
  });

  it("answers 400 to what isn't HTTP", async () => {
    const { sandbox } = await openSandbox();
    const seen = await new Promise<string>((resolve) => {
      const socket = connect(sandbox.port, "127.0.0.1", () => socket.write("\u0016\u0003\u0001 hello\r\n\r\n"));
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString();
      });
      socket.on("close", () => resolve(text));
    });
    expect(seen).toMatch(/^HTTP\/1\.1 400 /);
  });
});
