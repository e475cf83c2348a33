import { request as httpRequest } from "node:http";
import { describe, expect, it } from "vitest";
import { ask, openSandbox, type Parsed, type SandboxClient } from "../support/sandbox-client.ts";

const types = (events: readonly Parsed[]): string[] => events.map((event) => event.type);
const deltas = (events: readonly Parsed[]): number =>
  types(events).filter((type) => type === "content_block_delta").length;
const soon = async (): Promise<void> => await new Promise((resolve) => setTimeout(resolve, 5));

/** Moves time until the answer is there. */
async function throughTime<T>(client: SandboxClient, answer: Promise<T>, stepMs: number): Promise<T> {
  let arrived = false;
  const watched = answer.finally(() => {
    arrived = true;
  });
  while (!arrived) {
    await soon();
    client.clock.advance(stepMs);
  }
  return await watched;
}

describe("answers that are errors", () => {
  it.each([
    [400, "invalid_request_error"],
    [401, "authentication_error"],
    [402, "insufficient_credits"],
    [403, "permission_error"],
    [404, "not_found"],
    [413, "request_too_large"],
    [429, "rate_limit_exceeded"],
    [500, "api_error"],
    [502, "upstream_error"],
    [503, "overloaded_error"],
    [504, "upstream_timeout"],
    [529, "overloaded_error"],
  ])("%i is a %s, streaming or not", async (status, type) => {
    const { post, stream } = await openSandbox();
    const json = await post(ask(`[[sandbox: error ${status}]]`));
    expect([json.status, json.body.error.type]).toEqual([status, type]);
    const streamed = await stream(ask(`[[sandbox: error ${status}]]`));
    expect([streamed.status, streamed.headers["content-type"], JSON.parse(streamed.rest).error.type]).toEqual([
      ...[status, "application/json", type],
    ]);
  });

  it("carries retry-after and a message", async () => {
    const { post } = await openSandbox();
    const { headers, body } = await post(ask("[[sandbox: error 429 after=7 slow down]]"));
    expect([headers["retry-after"], body.error.message]).toEqual(["7", "slow down"]);
    expect((await post(ask("[[sandbox: error 429]]"))).headers["retry-after"]).toBe("1");
    expect((await post(ask("[[sandbox: error 502]]"))).headers["retry-after"]).toBeUndefined();
  });

  it("happens as often as asked for, then the answer comes", async () => {
    const { post } = await openSandbox();
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 4; attempt++)
      statuses.push((await post(ask("[[sandbox: error 529 times=2]]"))).status);
    expect(statuses).toEqual([529, 529, 200, 200]);
  });

  it("can be a login page, a redirect, nothing at all", async () => {
    const { stream } = await openSandbox();
    const html = await stream(ask("[[sandbox: html]]"));
    expect([html.status, html.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect((await stream(ask("[[sandbox: html 502]]"))).status).toBe(502);
    const redirect = await stream(ask("[[sandbox: redirect]]"));
    expect([redirect.status, redirect.headers["location"]]).toEqual([307, "https://sandbox.invalid/v1/messages"]);
    const other = await stream(ask("[[sandbox: redirect 302 http://127.0.0.1:9/x]]"));
    expect([other.status, other.headers["location"]]).toEqual([302, "http://127.0.0.1:9/x"]);
    const empty = await stream(ask("[[sandbox: empty]]"));
    expect([empty.status, empty.text, empty.ended]).toEqual([200, "", true]);
  });

  it("costs nothing", async () => {
    const client = await openSandbox();
    for (const fault of ["error 529", "html", "redirect", "empty"]) await client.stream(ask(`[[sandbox: ${fault}]]`));
    expect((await client.whoami()).total_spent_usd).toBe(0);
  });
});

describe("streams that end too early", () => {
  it.each([
    ["cut", false, true],
    ["cut boundary", false, false],
    ["cut clean", true, false],
    ["cut half", true, true],
  ])("%s: ended %s, half a frame %s", async (fault, endsCleanly, hasHalf) => {
    const { stream, sandbox } = await openSandbox();
    const { events, rest, ended } = await stream(ask(`[[sandbox: deltas 10]] [[sandbox: ${fault} at=4]]`));
    expect([ended, rest !== ""]).toEqual([endsCleanly, hasHalf]);
    expect([deltas(events), types(events).includes("message_stop")]).toEqual([4, false]);
    expect(sandbox.requests()[0]).toMatchObject({ status: 200, aborted: false });
  });

  it.each([
    ["start", ["message_start"]],
    ["0", ["message_start"]],
  ])("can be right behind message_start: at=%s", async (at, seen) => {
    const { stream } = await openSandbox();
    expect(types((await stream(ask(`[[sandbox: cut boundary at=${at}]]`))).events)).toEqual(seen);
  });

  it.each(["end", "999"])("can be right before message_stop: at=%s", async (at) => {
    const { stream } = await openSandbox();
    const { events, ended } = await stream(ask(`[[sandbox: cut clean at=${at}]]`));
    expect([ended, types(events).at(-1)]).toEqual([true, "message_delta"]);
  });

  it("can be a reset, or come before the first byte", async () => {
    const { stream, sandbox } = await openSandbox();
    const reset = await stream(ask("[[sandbox: deltas 10]] [[sandbox: cut reset at=5]]")).catch(
      (error: Error) => error,
    );
    expect(reset instanceof Error || !reset.ended).toBe(true);
    await expect(stream(ask("[[sandbox: cut at=before]]"))).rejects.toThrow();
    expect(sandbox.requests().at(-1)).toMatchObject({ status: null, aborted: false });
  });

  it("charges the part of the answer that was sent", async () => {
    const client = await openSandbox();
    const whole = await client.post(ask("[[sandbox: deltas 10]]"));
    await client.stream(ask("[[sandbox: deltas 10]] [[sandbox: cut at=5]]"));
    const half = client.sandbox.requests().at(-1);
    expect(half?.usage?.output_tokens).toBe(Math.ceil(whole.body.usage.output_tokens / 2));
    expect(half?.cost_usd).toBeGreaterThan(0);
  });

  it("can be an error event in the middle, before the beginning too", async () => {
    const { stream } = await openSandbox();
    const { events, ended } = await stream(ask("[[sandbox: error-event at=2]]"));
    expect([ended, deltas(events), events.at(-1)]).toEqual([
      ...[true, 2],
      {
        type: "error",
        error: { type: "overloaded_error", message: "Overloaded." },
        request_id: "req_sandbox0000000000000001",
      },
    ]);
    expect((await stream(ask("[[sandbox: error-event 502]]"))).events.at(-1).error.type).toBe("upstream_error");
    expect((await stream(ask("[[sandbox: error-event 429 at=before]]"))).status).toBe(429);
  });
});

describe("JSON answers that break", () => {
  it("ends in half of the body, with and without telling", async () => {
    const { raw, post } = await openSandbox();
    const headers = {
      "x-api-key": "zk_sandbox_test",
      "anthropic-version": "2023-06-01",
      "content-type": "application/json",
    };
    const whole = await post(ask("hi"));
    const cut = await raw("POST", "/v1/messages", headers, JSON.stringify(ask("[[sandbox: cut]] hi")));
    expect([cut.status, cut.ended]).toEqual([200, false]);
    expect(cut.text.length).toBeLessThan(Number(cut.headers["content-length"]));
    const clean = await raw("POST", "/v1/messages", headers, JSON.stringify(ask("[[sandbox: cut clean]] hi")));
    expect([clean.ended, clean.headers["content-length"], clean.text.length < whole.text.length]).toEqual([
      true,
      undefined,
      true,
    ]);
    expect(() => JSON.parse(clean.text)).toThrow();
  });

  it("turns an error event into an error with its status", async () => {
    const { post } = await openSandbox();
    expect((await post(ask("[[sandbox: error-event 502 at=3]]"))).status).toBe(502);
  });
});

describe("silence", () => {
  it("lasts as long as asked for, where asked for", async () => {
    const client = await openSandbox();
    const started = client.clock.now();
    const { events } = await throughTime(client, client.stream(ask("[[sandbox: stall 5 at=3]]")), 1_000);
    expect(types(events).at(-1)).toBe("message_stop");
    expect(client.clock.now() - started).toBeGreaterThanOrEqual(5_000);
  });

  it("lets what was sent before it arrive", async () => {
    const client = await openSandbox();
    const seen = await new Promise<string>((resolve, reject) => {
      const body = JSON.stringify({ ...ask("[[sandbox: deltas 9]] [[sandbox: stall 60 at=4]]"), stream: true });
      const headers = {
        "x-api-key": "zk_sandbox_test",
        "anthropic-version": "2023-06-01",
        "content-type": "application/json",
      };
      const request = httpRequest(
        `${client.sandbox.url}/v1/messages`,
        { method: "POST", headers, agent: false },
        (response) => {
          let text = "";
          response.on("data", (chunk) => {
            text += chunk;
            if (text.split("text_delta").length === 5) {
              request.destroy();
              resolve(text);
            }
          });
        },
      );
      request.on("error", reject);
      request.end(body);
    });
    expect(seen.endsWith("\n\n")).toBe(true);
    while (client.sandbox.requests()[0]?.aborted !== true) await soon();
    expect(client.sandbox.requests()[0]).toMatchObject({
      status: 200,
      aborted: true,
      usage: { output_tokens: expect.any(Number) },
    });
    expect(client.clock.pending()).toBe(0);
  });

  it("notes a client that leaves before the first byte, streaming or not", async () => {
    const client = await openSandbox();
    for (const stream of [true, false]) {
      client.sandbox.reset();
      const controller = new AbortController();
      const asked = fetch(`${client.sandbox.url}/v1/messages`, {
        method: "POST",
        signal: controller.signal,
        headers: {
          "x-api-key": "zk_sandbox_test",
          "anthropic-version": "2023-06-01",
          "content-type": "application/json",
        },
        body: JSON.stringify({ ...ask(`[[sandbox: stall 60 at=${stream ? "before" : "start"}]]`), stream }),
      });
      const failed = expect(asked).rejects.toThrow();
      while (client.clock.pending() === 0) await soon();
      controller.abort();
      await failed;
      while (client.sandbox.requests()[0]?.aborted !== true) await soon();
      expect(client.sandbox.requests()[0]).toMatchObject({ status: null, aborted: true });
      expect(client.clock.pending()).toBe(0);
    }
  });

  it("is given up on after 600 s: a 504 before the first byte, an error event behind it", async () => {
    const client = await openSandbox();
    const before = await throughTime(client, client.post(ask("[[sandbox: stall 700 at=before]]")), 100_000);
    expect([before.status, before.body.error.type]).toEqual([504, "upstream_timeout"]);
    const { events } = await throughTime(client, client.stream(ask("[[sandbox: stall 601 at=2]]")), 100_000);
    expect([deltas(events), events.at(-1).error.type]).toEqual([2, "upstream_timeout"]);
    const whole = await throughTime(client, client.stream(ask("[[sandbox: stall 599 at=2]]")), 100_000);
    expect(types(whole.events).at(-1)).toBe("message_stop");
  });

  it("can be filled with pings, and deltas can be paced", async () => {
    const client = await openSandbox();
    const { events } = await client.stream(ask("[[sandbox: ping 3 at=1]]"));
    expect(types(events).filter((type) => type === "ping")).toHaveLength(4);
    const started = client.clock.now();
    await throughTime(client, client.stream(ask("[[sandbox: deltas 20]] [[sandbox: pace 100]]")), 100);
    expect(client.clock.now() - started).toBeGreaterThanOrEqual(2_000);
  });
});
