import type { RequestListener } from "node:http";
import { describe, expect, it } from "vitest";
import type { CauseCode } from "../../src/doctor/causes.ts";
import type { KeyState } from "../../src/doctor/types.ts";
import { doctorFacts, runDoctor, startServer, type TestFacts } from "../support/doctor.ts";
import { startTestSandbox } from "../support/start-test-sandbox.ts";

const keyOf = (text: string, more: Partial<Extract<KeyState, { kind: "present" }>> = {}): KeyState => ({
  kind: "present",
  text,
  from: "environment",
  ...more,
});

const error = (type: string, message: string): string => JSON.stringify({ type: "error", error: { type, message } });

/** A stand-in of the hosted API: `decide` may answer a request otherwise. */
function standIn(
  decide: (request: {
    path: string;
    key: string | undefined;
    header: string;
    body: string;
  }) => [number, string, Record<string, string>?] | undefined,
): RequestListener {
  return (request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => {
      body += part.toString();
    });
    request.on("end", () => {
      const xApiKey = request.headers["x-api-key"];
      const bearer = request.headers.authorization?.replace("Bearer ", "");
      const key = typeof xApiKey === "string" ? xApiKey : bearer;
      const path = request.url ?? "";
      const usual: [number, string] =
        path === "/v1/models"
          ? [200, '{"data":[{"id":"claude-opus-4-7"},{"id":"claude-haiku-4-5"}]}']
          : path === "/v1/whoami"
            ? [
                200,
                '{"balance_usd":5,"total_spent_usd":0,"total_input_tokens":0,"total_output_tokens":0,"per_model":{}}',
              ]
            : path === "/v1/messages" || path === "/v1/chat/completions"
              ? [400, error("invalid_request_error", "max_tokens: too small")]
              : [404, error("not_found", "Not found")];
      const [status, text, headers] =
        decide({ path, key, header: xApiKey === undefined ? "authorization" : "x-api-key", body }) ?? usual;
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(text);
    });
  };
}

const run = async (decide: Parameters<typeof standIn>[0], facts: TestFacts = {}) => {
  const server = await startServer(standIn(decide));
  return runDoctor(doctorFacts({ upstream: server.url, ...facts }));
};

describe("where nobody answers", () => {
  it("nothing is said of the key, the wallet and the rate limit", async () => {
    const { verdict, report } = await runDoctor(doctorFacts({ upstream: "http://127.0.0.1:1" }));
    expect(verdict.code).toBe("connect-refused");
    const said = ["auth", "wallet", "rate"].map((code) => report(code).result.status);
    expect(said).toEqual(["skip", "skip", "skip"]);
  });
});

describe("against the sandbox", () => {
  const against = async (key: string, facts: TestFacts = {}) => {
    const sandbox = await startTestSandbox();
    return { sandbox, ...(await runDoctor(doctorFacts({ upstream: sandbox.url, key: keyOf(key), ...facts }))) };
  };

  it("is healthy, warns of nothing, and costs nothing", async () => {
    const { verdict, reports, sandbox } = await against("zk_sandbox_well");
    expect(verdict).toMatchObject({ code: "healthy", others: [], exitCode: 0 });
    expect(reports.filter(({ result }) => ["warn", "fail"].includes(result.status))).toEqual([]);
    expect(sandbox.requests().reduce((sum, { cost_usd: cost }) => sum + cost, 0)).toBe(0);
  });

  it.each<[string, CauseCode, number]>([
    ["zk_sandbox_revoked", "key-rejected", 3],
    ["zk_sandbox_empty", "wallet-empty", 4],
    ["zk_sandbox_low", "wallet-low", 0],
    ["zk_unknown_to_it_1234", "key-rejected", 3],
  ])("with %s the cause is %s", async (key, cause, exitCode) => {
    const { verdict } = await against(key);
    expect(verdict).toMatchObject({ code: cause, exitCode });
    expect(JSON.stringify(verdict)).not.toContain(key);
  });

  it("pays for --live only, and says how much", async () => {
    const { report, sandbox } = await against("zk_sandbox_live", { live: true });
    expect(report("stream").result).toMatchObject({ status: "pass" });
    expect(report("stream").result.finding).toMatch(/cost about \$0\.0\d+/);
    expect(sandbox.requests().filter(({ cost_usd: cost }) => cost > 0)).toHaveLength(2);
  });

  it("spends nothing with --live while the key or the wallet is known to be bad", async () => {
    const { report, verdict } = await against("zk_sandbox_empty", { live: true });
    expect(verdict.code).toBe("wallet-empty");
    expect(report("stream").result.status).toBe("skip");
  });
});

describe("what the hosted API says of the key", () => {
  it.each<[string, string, CauseCode]>([
    ["[row 24] an invisible character", "zk_\u200babcdefgh", "key-invisible"],
    ["quotes", '"zk_abcdefgh"', "key-quoted"],
    ["curly quotes", "\u201czk_abcdefgh\u201d", "key-quoted"],
    ["a line's end", "zk_abcdefgh\n", "key-quoted"],
    ["[row 13] Anthropic's key", "sk-ant-api03-abcdefgh", "key-vendor"],
    ["OpenAI's key", "sk-proj-abcdefgh", "key-vendor"],
    ["Google's key", "AIzaSyabcdefgh", "key-vendor"],
    ["GitHub's token", "ghp_abcdefghijkl", "key-vendor"],
    ["the daemon's token", `zxl_${"a".repeat(43)}`, "key-vendor"],
    ["an assignment", "ZENTHREX_KEY=zk_abcdefgh", "key-shape"],
    ["a shortened key", "zk_abcd...wxyz", "key-shape"],
    ["something else", "hello-there-key", "key-shape"],
  ])("tells %s before anything is sent", async (_what, text, cause) => {
    const { verdict } = await run(
      ({ key }) => (key === undefined ? undefined : [401, error("authentication_error", "no")]),
      {
        key: keyOf(text),
      },
    );
    expect([verdict.code, verdict.exitCode, verdict.others]).toEqual([cause, 3, []]);
    expect(JSON.stringify(verdict)).not.toMatch(/abcdefgh|hello-there/);
  });

  it("says which byte doesn't belong", async () => {
    const { report } = await run(() => undefined, { key: keyOf("zk_\u200babcdefgh") });
    expect(report("key").result.evidence).toEqual(["byte 3 of 14: e2808b (U+200B)"]);
  });

  it("[row 14] tells the wrong header by the difference", async () => {
    const { verdict } = await run(({ path, header }) =>
      path !== "/v1/models" && header === "x-api-key" ? [401, error("authentication_error", "no")] : undefined,
    );
    expect(verdict.code).toBe("auth-header");
    expect(verdict.cause).toMatch(/refuses it in x-api-key \(401\).*takes it in authorization/);
  });

  it("tells a variable that hides a stored key which works", async () => {
    const { verdict } = await run(
      ({ path, key }) =>
        path !== "/v1/models" && key !== "zk_stored_good" ? [401, error("authentication_error", "no")] : undefined,
      { key: keyOf("zk_old_variable", { shadowed: "zk_stored_good" }) },
    );
    expect(verdict).toMatchObject({ code: "key-shadowed", fix: { command: "unset ZENTHREX_KEY" } });
  });

  it.each<[string, [number, string, Record<string, string>?], CauseCode, number]>([
    ["forbids", [403, error("permission_error", "not you")], "key-forbidden", 3],
    ["[row 36] has no credit", [402, error("insufficient_credits", "empty")], "wallet-empty", 4],
    ["[row 37] limits", [429, error("rate_limit_exceeded", "slow down"), { "retry-after": "17" }], "rate-limited", 5],
    ["is broken", [502, error("upstream_error", "down")], "upstream-error", 5],
  ])("where it %s, says so", async (_what, answer, cause, exitCode) => {
    const { verdict } = await run(({ path }) => (path === "/v1/models" ? undefined : answer));
    expect([verdict.code, verdict.exitCode]).toEqual([cause, exitCode]);
    if (cause === "rate-limited") expect(verdict.cause).toContain("17 s");
  });

  it("warns when the rate limit is near, by its own headers", async () => {
    const { verdict } = await run(({ path }) =>
      path === "/v1/messages"
        ? [
            400,
            error("invalid_request_error", "no"),
            { "anthropic-ratelimit-requests-limit": "600", "anthropic-ratelimit-requests-remaining": "12" },
          ]
        : undefined,
    );
    expect(verdict).toMatchObject({ code: "rate-low", exitCode: 0 });
  });
});

describe("what is asked of the hosted API", () => {
  it("[row 33] tells a filter that refuses prompts with code in them", async () => {
    const { verdict } = await run(({ body }) =>
      body.includes("<script>")
        ? [403, "<html><title>Blocked</title></html>", { "content-type": "text/html", "cf-ray": "8abc-FRA" }]
        : undefined,
    );
    expect(verdict.code).toBe("waf-blocked");
  });

  it("[row 41] tells an API that refuses Claude Code's beta fields", async () => {
    const { verdict } = await run(({ body }) =>
      body.includes("context_management")
        ? [400, error("invalid_request_error", "context_management: Extra inputs are not permitted")]
        : undefined,
    );
    expect(verdict).toMatchObject({
      code: "beta-fields",
      fix: { command: "export CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS=1" },
    });
  });

  it("is content with such an API where Claude Code is told to leave the fields out", async () => {
    const { verdict } = await run(
      ({ body }) =>
        body.includes("context_management")
          ? [400, error("invalid_request_error", "context_management: Extra inputs are not permitted")]
          : undefined,
      { env: { CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS: "1" } },
    );
    expect(verdict.code).toBe("healthy");
  });

  it("[row 34] tells a stream that comes all at once, with --live", async () => {
    const frames =
      'event: message_start\ndata: {"type":"message_start"}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n';
    const server = await startServer((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => {
        body += part.toString();
      });
      request.on("end", () => {
        if (!body.includes('"stream":true'))
          return standIn(() => undefined)(Object.assign(request, { on: replay(body) }), response);
        setTimeout(() => {
          response.writeHead(200, { "content-type": "text/event-stream" });
          response.end(`${frames}data: [DONE]\n\n`);
        }, 200);
      });
    });
    const { verdict } = await runDoctor(doctorFacts({ upstream: server.url, live: true }));
    expect(verdict.code).toBe("stream-buffered");
  });

  it("tells an alias of a model that doesn't exist, and believes the live list", async () => {
    const server = await startServer(standIn(() => undefined));
    const facts = doctorFacts({ upstream: server.url });
    const aliases = { fast: "claude-haiku-4-5", best: "claude-opus-9" };
    const settings = {
      ...facts.settings,
      aliases: { value: aliases, from: "config file", source: "config.json" },
    } as const;
    const { verdict } = await runDoctor({ ...facts, settings });
    expect(verdict.code).toBe("alias-unknown");
    expect(verdict.cause).toMatch(/aliases\.best means claude-opus-9/);
    expect(verdict.fix?.command).toMatch(/^zenthrex config set aliases\.best claude-/);
  });
});

/** A request whose body was read already gives it once more. */
function replay(body: string) {
  return function on(this: unknown, event: string, listener: (part?: Buffer) => void): unknown {
    if (event === "data" && body !== "") listener(Buffer.from(body));
    if (event === "end") queueMicrotask(() => listener());
    return this;
  };
}
