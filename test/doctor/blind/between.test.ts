import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServer } from "../../support/doctor.ts";
import { apiError, between, type Front, type Machine, openStreet, page, type Street, say } from "./machine.ts";

type Expected = { readonly code: string; readonly cause: RegExp; readonly fix?: RegExp; readonly exit?: number };
type Case = readonly [title: string, front: Front, expected: Expected];

const LIST = { data: [{ id: "claude-opus-4-7" }, { id: "claude-haiku-4-5" }] };
const isPost: Front = ({ method }) => method === "POST";

/** Everything is answered by what stands between. */
const always =
  (answer: (...given: Parameters<Front>) => unknown): Front =>
  (...given) => {
    answer(...given);
    return true;
  };

const cases: readonly Case[] = [
  [
    "a bot check of an edge",
    always((_request, _body, response) => {
      response.writeHead(403, {
        "content-type": "text/html",
        "cf-mitigated": "challenge",
        "cf-ray": "9d31974a7e4f7205",
      });
      response.end("<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>");
    }),
    { code: "access-blocked", cause: /bot check.*Just a moment/, fix: /--bundle/, exit: 5 },
  ],
  [
    "a company's web filter",
    always((_request, _body, response) => page(response, 403, "Web Filter Violation")),
    { code: "access-blocked", cause: /filter on the way.*Web Filter Violation/ },
  ],
  [
    "a country that isn't served",
    always((_request, _body, response) => say(response, 451, apiError("unavailable", "not in your region"))),
    { code: "access-blocked", cause: /not in your region/ },
  ],
  [
    "a transparent proxy that wants a login",
    always((_request, _body, response) => page(response, 407, "Login")),
    { code: "proxy-login", cause: /wants a login/, fix: /HTTPS_PROXY/ },
  ],
  [
    "an edge's own rate limit",
    always((_request, _body, response) => page(response, 429, "Too many requests")),
    { code: "rate-limited", cause: /edge/, fix: /^sleep 60/ },
  ],
  [
    "answers that break off",
    always((_request, _body, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "500" });
      response.write('{"data":[{"id":"claude-op');
      setTimeout(() => response.destroy(), 10);
    }),
    { code: "not-the-api", cause: /breaks off/ },
  ],
  [
    "answers that say gzip and aren't",
    always((_request, _body, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end("plain");
    }),
    { code: "not-the-api", cause: /says it is compressed and isn't/ },
  ],
  [
    "a server of other models",
    always((_request, _body, response) => say(response, 200, { data: [{ id: "llama3.1:8b" }, { id: "qwen3" }] })),
    { code: "not-the-api", cause: /llama3.1:8b, qwen3 and no Claude model/, fix: /config unset upstream/ },
  ],
  [
    "another gateway, whose keys are its own",
    ({ url }, _body, response) =>
      url === "/v1/models"
        ? false
        : say(response, 401, { error: { message: "LiteLLM Virtual Key expected", type: "auth_error" } }),
    { code: "not-the-api", cause: /another gateway \(LiteLLM\)/, fix: /config unset upstream/ },
  ],
  [
    "an upstream without Messages",
    ({ url }, _body, response) =>
      url?.startsWith("/v1/messages") === true && say(response, 404, apiError("not_found", "Not Found")),
    { code: "not-the-api", cause: /has no \/v1\/messages/ },
  ],
  [
    "something that drops the version header",
    ({ url }, _body, response) =>
      url?.startsWith("/v1/messages") === true &&
      say(response, 400, apiError("invalid_request_error", "anthropic-version: header is required")),
    { code: "header-dropped", cause: /anthropic-version.*though it was sent/ },
  ],
  [
    "something that refuses every POST as too large",
    (...given) => isPost(...given) && page(given[2], 413, "Request Entity Too Large"),
    { code: "access-blocked", cause: /refuses a POST of \d+ bytes/ },
  ],
  [
    "something that cuts every POST",
    (...given) => {
      if (!isPost(...given)) return false;
      given[0].socket.destroy();
      return true;
    },
    { code: "upstream-error", cause: /cut at every POST to \/v1\/messages/ },
  ],
  [
    "402 beside a wallet that isn't empty",
    (request, body, response) =>
      isPost(request, body, response) && say(response, 402, apiError("insufficient_credits", "empty")),
    { code: "wallet-empty", cause: /402 for want of credit, though .* shows \$/, exit: 4 },
  ],
];

let street: Street;
beforeAll(async () => {
  street = await openStreet();
}, 120_000);
afterAll(() => street.stop());

describe("what stands between, or in the hosted API's place", () => {
  it.each(cases)("%s", async (_title, front, expected) => {
    const machine = street.machine();
    await between(machine, front);
    await expectVerdict(machine, expected);
  });

  it("an upstream that packs its answers is healthy", async () => {
    const machine = street.machine();
    let count = 0;
    await between(machine, ({ url }, _body, response) => {
      if (url !== "/v1/models") return false;
      count += 1;
      const pack = count % 2 === 0 ? brotliCompressSync : gzipSync;
      const encoding = count % 2 === 0 ? "br" : "gzip";
      response.writeHead(200, { "content-type": "application/json", "content-encoding": encoding });
      response.end(pack(JSON.stringify(LIST)));
      return true;
    });
    for (let run = 0; run < 2; run += 1) {
      const { probes } = await machine.diagnose();
      expect(probes.find(({ code }) => code === "api")).toMatchObject({ status: "pass" });
    }
  });

  it("a key is never told to a server that isn't its own", async () => {
    const machine = street.machine();
    const { url, requests } = await startServer((_request, response) => response.writeHead(401).end("{}"));
    await machine.zenthrex(["doctor", "--url", url, "--json"]);
    const sent = requests.map(({ rawHeaders }) => rawHeaders.join()).join();
    expect(sent).toContain("placeholder");
    expect(sent).not.toContain("zk_sandbox_user");
  });
});

async function expectVerdict(machine: Machine, { code, cause, fix, exit }: Expected): Promise<void> {
  const diagnosis = await machine.diagnose();
  const said = JSON.stringify([diagnosis.verdict, diagnosis.others], undefined, 1);
  expect(diagnosis.verdict.code, said).toBe(code);
  expect(diagnosis.verdict.cause, said).toMatch(cause);
  expect(diagnosis.verdict.fix ?? "", said).toMatch(fix ?? /./);
  if (exit !== undefined) expect(diagnosis.exitCode).toBe(exit);
}
