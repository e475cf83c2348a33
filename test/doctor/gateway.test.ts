import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { main } from "../../src/cli/main.ts";
import { gatewayBase } from "../../src/doctor/gateway/open-gateway.ts";
import { gatewayPoints } from "../../src/doctor/gateway/registry.ts";
import { always, startServer } from "../support/doctor.ts";
import { fakeContext } from "../support/fake-context.ts";
import { runMain } from "../support/run-main.ts";
import { startTestSandbox } from "../support/start-test-sandbox.ts";
import { temporaryHome } from "../support/temporary-home.ts";

interface Graded {
  readonly version: number;
  readonly met: number;
  readonly failed: number;
  readonly untried: number;
  readonly cost_usd: number | null;
  readonly unreachable: string | null;
  readonly points: readonly { number: number; code: string; status: string; finding: string; curl: string[] }[];
}

/** `zenthrex serve --sandbox` in a home of its own. */
async function daemon() {
  const home = temporaryHome();
  const context = fakeContext({ home });
  const ended = main(["serve", "--sandbox", "--port", "0", "--json"], context);
  onTestFinished(async () => {
    context.signal();
    await ended;
  });
  const [line] = await context.until(/^\{"type":"ready".*$/m);
  const { url, port } = JSON.parse(line) as { url: string; port: number };
  const token = (await runMain(["key", "token"], { home })).out.trim();
  return { home, url, port, token };
}

async function grade(url: string, more: readonly string[], options: Parameters<typeof runMain>[1]) {
  const done = await runMain(["doctor", "--gateway", url, "--json", ...more], options);
  return { exitCode: done.exitCode, text: done.out + done.err, grade: JSON.parse(done.out) as Graded };
}

const failedOf = ({ points }: Graded): string[] =>
  points.filter(({ status }) => status === "failed").map(({ code }) => code);

/** A gateway's own fault: true when it has answered itself. It may change the request's headers. */
type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What it makes of an answer of the gateway behind it. */
interface Change {
  readonly fault?: Fault;
  readonly body?: (text: string, status: number, request: IncomingMessage) => string;
  readonly withoutHeader?: string;
  readonly gathers?: boolean;
}

/** A gateway that is right but for one thing: everything else is the daemon's own answer. */
async function gatewayWith(change: Change, port: number): Promise<string> {
  const { url } = await startServer((request, response) => {
    if (change.fault?.(request, response) === true) return;
    const { method, headers } = request;
    const call = httpRequest({
      port,
      host: "127.0.0.1",
      method,
      path: request.url,
      headers: { ...headers, host: `127.0.0.1:${port}` },
    });
    request.pipe(call);
    call.on("response", (answer) => {
      const status = answer.statusCode ?? 500;
      const kept = Object.entries(answer.headers).filter(
        ([name]) => name !== change.withoutHeader && name !== "content-length",
      );
      response.writeHead(status, Object.fromEntries(kept));
      if (change.gathers !== true && change.body === undefined) {
        answer.pipe(response);
        return;
      }
      let text = "";
      answer.on("data", (part: Buffer) => {
        text += part.toString();
      });
      answer.on("end", () => response.end(change.body?.(text, status, request) ?? text));
    });
  });
  return url;
}

const json = (response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): true => {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
  return true;
};

const apiError = (type: string, message: string) => ({ type: "error", error: { type, message } });

const isAt =
  (path: RegExp, answer: (response: ServerResponse) => true): Fault =>
  (request, response) =>
    path.test(request.url ?? "") && answer(response);

const unknownModel: Fault = (request, response) => {
  if (!(request.url ?? "").startsWith("/v1/messages?")) return false;
  // The body is read here, so it can't be forwarded: every message that isn't about a strange model gets what the API says of it.
  let text = "";
  request.on("data", (part: Buffer) => {
    text += part.toString();
  });
  request.on("end", () => {
    const isStrange = text.includes("zenthrex-no-such-model");
    if (isStrange) json(response, 503, apiError("api_error", "no channel for this model"));
    else json(response, 400, apiError("invalid_request_error", "max_tokens: messages role zenthrex_doctor"));
  });
  return true;
};

const bad: readonly (readonly [code: string, what: string, change: Change, finding: RegExp])[] = [
  [
    "paths",
    "its start-up probe is not served",
    { fault: (request, response) => request.method === "HEAD" && json(response, 404, {}) },
    /HEAD \/api\/hello answers 404/,
  ],
  [
    "paths",
    "the query is part of its routes",
    { fault: isAt(/^\/v1\/messages\?/, (response) => json(response, 404, apiError("not_found_error", "no route"))) },
    /match on the path/,
  ],
  [
    "headers",
    "it strips beta headers",
    {
      fault: (request) => {
        delete request.headers["anthropic-beta"];
        return false;
      },
    },
    /anthropic-beta: context-management-2025-06-27 doesn't arrive.*Extra inputs/,
  ],
  [
    "headers",
    "it refuses headers that it doesn't know",
    {
      fault: (request, response) =>
        request.headers["anthropic-zenthrex-doctor"] !== undefined && json(response, 403, apiError("x", "no")),
    },
    /unknown anthropic-\* header are refused: 403/,
  ],
  [
    "errors",
    "it writes its own errors",
    { body: (text, status) => (status === 400 ? '{"error":{"message":"Bad request"}}' : text) },
    /not in the API's form/,
  ],
  [
    "errors",
    "it hides the field",
    { body: (text, status) => (status === 400 ? JSON.stringify(apiError("invalid_request_error", "Bad")) : text) },
    /doesn't name the field/,
  ],
  ["streams", "it gathers streams", { gathers: true }, /the whole stream came at once after/],
  [
    "streams",
    "it cuts streams",
    { body: (text) => text.replace(/event: ?message_stop[\s\S]*/, "") },
    /ends before its last event/,
  ],
  [
    "count-tokens",
    "it counts under another name",
    { fault: isAt(/count_tokens/, (response) => json(response, 200, { tokens: 3 })) },
    /instead of \{"input_tokens": n\}/,
  ],
  [
    "models",
    "its list is OpenAI's",
    {
      fault: isAt(/^\/v1\/models/, (response) =>
        json(response, 200, { object: "list", data: [{ id: "claude-opus-4-7", object: "model" }] }),
      ),
    },
    /OpenAI's shape/,
  ],
  [
    "models",
    "its list has no Claude in it",
    {
      fault: isAt(/^\/v1\/models/, (response) =>
        json(response, 200, { data: [{ type: "model", id: "gpt-9", display_name: "GPT" }] }),
      ),
    },
    /none of 1 ids/,
  ],
  [
    "models",
    "its list redirects",
    { fault: isAt(/^\/v1\/models/, (response) => json(response, 308, {}, { location: "/models" })) },
    /GET \/v1\/models\?limit=1000 redirects \(308\) to \/models/,
  ],
  [
    "credentials",
    "it doesn't take Bearer",
    {
      fault: (request, response) =>
        request.headers.authorization !== undefined &&
        (request.url ?? "").startsWith("/v1/messages") &&
        json(response, 401, apiError("authentication_error", "x-api-key, please"), { "x-should-retry": "false" }),
    },
    /Bearer is refused .*ANTHROPIC_AUTH_TOKEN won't work/,
  ],
  ["retries", "it lets a bad key be retried", { withoutHeader: "x-should-retry" }, /11 times, over 3 minutes/],
  [
    "wrong-paths",
    "a wrong path is a 404",
    { fault: isAt(/no-such-path/, (response) => json(response, 404, apiError("not_found_error", "no"))) },
    /no-such-path answers 404: Claude Code then blames the model/,
  ],
  [
    "spend-limit",
    "its spend limit lets itself be retried",
    { fault: isAt(/count_tokens/, (response) => json(response, 429, apiError("billing_error", "limit"))) },
    /without x-should-retry: false/,
  ],
  ["model-names", "an unknown model is a 503", { fault: unknownModel }, /503: no channel for this model: .*11 times/],
];

beforeAll(async () => {
  await Promise.all([
    import("../../src/cli/commands/serve.ts"),
    import("../../src/cli/serve/serve-until-signal.ts"),
    import("../../src/proxy/start-proxy.ts"),
    import("../../src/sandbox/start-sandbox.ts"),
  ]);
}, 120_000);

describe("gatewayBase", () => {
  it.each([
    ["https://h.test/", "https://h.test"],
    ["https://h.test/gate/v1/", "https://h.test/gate"],
    ["https://h.test/v1/messages", "https://h.test"],
    ["https://h.test/v1/v1/chat/completions", "https://h.test"],
  ])("takes what clients append off %s", (given, base) => {
    expect(gatewayBase(given)).toBe(base);
  });
});

describe("doctor --gateway", () => {
  it("has a test with a bad gateway for every point", () => {
    const tested = new Set([...bad.map(([code]) => code), "client-side"]);
    expect([...tested].sort()).toEqual(Object.keys(gatewayPoints).sort());
  });

  it("gives our own daemon full marks, all but what only a reached limit shows, and spends nothing", async () => {
    const { home, url, port } = await daemon();
    const done = await grade(`${url}/v1`, ["--port", String(port)], { home });
    expect(done.grade.points.filter(({ status }) => status !== "met").map(({ code }) => code)).toEqual(["spend-limit"]);
    expect(done).toMatchObject({ exitCode: 0, grade: { version: 1, met: 11, failed: 0, untried: 1, cost_usd: null } });
  });

  it("says of the documented API what it lacks, and asks for a key where the placeholder is refused", async () => {
    const home = temporaryHome();
    const { url } = await startTestSandbox();
    const bare = await grade(url, [], { home });
    expect(bare.exitCode).toBe(1);
    expect(failedOf(bare.grade)).toEqual(["paths", "retries", "wrong-paths"]);
    expect(bare.grade.points[1]).toMatchObject({ status: "untried", finding: expect.stringContaining("--key-stdin") });
    const given = await grade(url, ["--key-stdin"], { home, stdinText: "zk_sandbox_gate_123456\n" });
    expect(failedOf(given.grade)).toEqual(["paths", "retries", "wrong-paths"]);
    expect(given.grade).toMatchObject({ met: 8, untried: 1 });
    expect(given.text).not.toContain("zk_sandbox_gate_123456");
  });

  it.each(bad)("finds the fault in %s: %s", async (code, _what, change, finding) => {
    const { port, token } = await daemon();
    const url = await gatewayWith(change, port);
    const done = await grade(url, ["--key-stdin", "--live"], { home: temporaryHome(), stdinText: `${token}\n` });
    const point = done.grade.points.find((each) => each.code === code);
    expect(point?.finding).toMatch(finding);
    expect(point?.status).toBe("failed");
    expect(point?.curl.length).toBeGreaterThan(0);
    expect(done.exitCode).toBe(1);
    expect(done.text).not.toContain(token);
  });

  it("makes no paid call unless told to, and says what one cost", async () => {
    const { port, token } = await daemon();
    const url = await gatewayWith({}, port);
    const options = { home: temporaryHome(), stdinText: `${token}\n` };
    const bare = await grade(url, ["--key-stdin"], options);
    expect(bare.grade).toMatchObject({ failed: 0, met: 10, untried: 2, cost_usd: null });
    expect(bare.grade.points[3]?.finding).toContain("needs --live");
    const live = await grade(url, ["--key-stdin", "--live"], options);
    expect(live.grade).toMatchObject({ failed: 0, met: 11, untried: 1 });
    expect(live.grade.cost_usd).toBeGreaterThan(0);
    const { out } = await runMain(["doctor", "--gateway", url, "--key-stdin", "--live"], options);
    expect(out).toMatch(/meets 11 of 12, fails 0, 1 not tried\. The paid calls cost about \$0\.00\d+\.\n$/);
  });

  it("finds a proxy variable that would take the client's requests", async () => {
    const { home, url, port } = await daemon();
    const env = { HTTP_PROXY: "http://127.0.0.1:9" };
    const done = await grade(url, ["--port", String(port)], { home, env });
    expect(failedOf(done.grade)).toEqual(["client-side"]);
  });

  it("sends the stored key to no gateway but its own", async () => {
    const home = temporaryHome();
    const key = "zk_live_0123456789abcdef";
    const seen: string[] = [];
    const { url } = await startServer((request, response) => {
      seen.push(JSON.stringify(request.rawHeaders));
      always(401, '{"type":"error","error":{"type":"authentication_error","message":"no"}}')(request, response);
    });
    await grade(url, ["--live"], { home, env: { ZENTHREX_KEY: key } });
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.join("")).not.toContain(key);
    seen.length = 0;
    await grade(url, [], { home, env: { ZENTHREX_KEY: key, ZENTHREX_UPSTREAM: url } });
    expect(seen.join("")).toContain(key);
  });

  it("can't grade a dead port, and says so", async () => {
    const done = await grade("http://127.0.0.1:1", [], { home: temporaryHome() });
    expect(done.exitCode).toBe(5);
    expect(done.grade).toMatchObject({ met: 0, failed: 0, untried: 12 });
    expect(done.grade.unreachable).toContain("ECONNREFUSED");
  });

  it("fails a web page on every point that asks for something", async () => {
    const page = always(200, "<!doctype html><html><title>Welcome</title></html>", { "content-type": "text/html" });
    const { url } = await startServer(page);
    const done = await grade(url, [], { home: temporaryHome() });
    expect(done.exitCode).toBe(1);
    expect(failedOf(done.grade)).toEqual(["paths", "models", "credentials", "retries", "wrong-paths"]);
    expect(done.grade.points[0]?.finding).toContain('web page ("Welcome")');
  });

  it.each([
    [["--gateway", "not a url"], /is no URL/],
    [["--gateway", "http://h.test", "--url", "http://h.test"], /don't go together/],
    [["claude-code", "--gateway", "http://h.test"], /not both/],
    [["--key-stdin"], /--key-stdin belongs to --url or --gateway/],
  ])("refuses %j", async (argv, message) => {
    const { exitCode, err } = await runMain(["doctor", ...argv], { home: temporaryHome() });
    expect([exitCode, message.test(err)]).toEqual([2, true]);
  });
});
