import type { RequestListener } from "node:http";
import { describe, expect, it } from "vitest";
import { baseVariants } from "../../src/doctor/base-variants.ts";
import type { CauseCode } from "../../src/doctor/causes.ts";
import { always, doctorFacts, runDoctor, startServer } from "../support/doctor.ts";
import { startTestSandbox } from "../support/start-test-sandbox.ts";

type Format = "anthropic" | "openai";

const look = async (base: string, format?: Format, key?: string) => {
  const origin = new URL(base).origin;
  const facts = doctorFacts({
    target: { kind: "url", origin, base, format },
    key: key === undefined ? { kind: "none" } : { kind: "present", text: key, from: "stdin" },
  });
  return runDoctor(facts);
};

describe("baseVariants", () => {
  it.each([
    ["https://h.test/v1/messages", ["https://h.test/v1/messages", "https://h.test", "https://h.test/v1"]],
    ["https://h.test/gate/v1/v1/", ["https://h.test/gate/v1/v1", "https://h.test/gate", "https://h.test/gate/v1"]],
    [
      "https://h.test/v1/chat/completions",
      ["https://h.test/v1/chat/completions", "https://h.test", "https://h.test/v1"],
    ],
  ])("makes of %s what may have been meant", (base, first) => {
    expect(baseVariants(base).slice(0, 3)).toEqual(first);
  });
});

describe("a base URL", () => {
  it.each<[string, Format | undefined, string]>([
    ["/v1", "anthropic", ""],
    ["/v1/", "anthropic", ""],
    ["/v1/messages", "anthropic", ""],
    ["/v1/chat/completions", "anthropic", ""],
    ["/v1/v1", undefined, ""],
    ["", "openai", "/v1"],
    ["/v1/v1", "openai", "/v1"],
    ["/v1/chat/completions", "openai", "/v1"],
    ["/chat/completions", "openai", "/v1"],
    ["/v1/messages", "openai", "/v1"],
  ])("%s for %s clients is wrong, and %s is right", async (path, format, right) => {
    const { url } = await startTestSandbox();
    for (const key of [undefined, "zk_sandbox_matrix"]) {
      const { verdict } = await look(`${url}${path}`, format, key);
      expect(verdict).toMatchObject({ code: "base-url-path", exitCode: 1 });
      expect(verdict.cause).toContain(`want ${url}${right}`);
      const variable = format === "openai" ? "OPENAI_BASE_URL" : "ANTHROPIC_BASE_URL";
      expect(verdict.fix?.command).toBe(`export ${variable}=${url}${right}`);
    }
  });

  it.each<[string, Format | undefined, RegExp]>([
    ["", "anthropic", /right for Anthropic-format clients; OpenAI-format clients want .*\/v1 /],
    ["/", "anthropic", /right for Anthropic-format clients/],
    ["/v1", "openai", /right for OpenAI-format clients/],
    ["/v1", undefined, /right for OpenAI-format clients; Anthropic-format clients want/],
    ["", undefined, /right for Anthropic-format clients/],
  ])("%s for %s clients is right", async (path, format, finding) => {
    const { url } = await startTestSandbox();
    const { verdict, report } = await look(`${url}${path}`, format);
    expect(verdict).toMatchObject({ code: "healthy", others: [] });
    expect(report("base-url").result.finding).toMatch(finding);
  });

  it("below a path of its own is found as well", async () => {
    const listener: RequestListener = (request, response) => {
      const isRoute = request.url === "/gate/v1/messages" && request.method === "POST";
      response.writeHead(isRoute ? 401 : 404, { "content-type": "application/json" });
      response.end('{"error":{"message":"no"}}');
    };
    const { url } = await startServer(listener);
    expect((await look(`${url}/gate`, "anthropic")).verdict.code).toBe("healthy");
    const { verdict } = await look(`${url}/gate/v1`, "anthropic");
    expect(verdict.cause).toContain(`want ${url}/gate`);
  });

  it("is found by the public list where every path wants a key first", async () => {
    const listener: RequestListener = (request, response) => {
      const isList = request.url === "/v1/models";
      response.writeHead(isList ? 200 : 401, { "content-type": "application/json" });
      response.end(isList ? '{"data":[]}' : '{"error":{"type":"authentication_error","message":"no"}}');
    };
    const { url } = await startServer(listener);
    expect((await look(url, "anthropic")).verdict.code).toBe("healthy");
    const { verdict } = await look(`${url}/v1`, "anthropic");
    expect(verdict.code).toBe("base-url-path");
    expect(verdict.cause).toContain(`want ${url}`);
  });

  it.each<[string, Parameters<typeof always>, CauseCode]>([
    ["a web site", [404, "<html></html>", { "content-type": "text/html" }], "not-the-api"],
    ["a login page", [200, "<html></html>", { "content-type": "text/html" }], "captive-portal"],
    ["a redirect", [301, "", { location: "https://elsewhere.test/" }], "redirect"],
    ["a broken server", [503, "{}"], "upstream-error"],
  ])("of %s is the host's fault, not the path's", async (_what, answer, cause) => {
    const { url } = await startServer(always(...answer));
    expect((await look(`${url}/v1`, "openai")).verdict.code).toBe(cause);
  });

  it("with a key that is refused is right, and the key is wrong", async () => {
    const { url } = await startTestSandbox();
    const { verdict } = await look(url, "anthropic", "zk_sandbox_revoked");
    expect(verdict).toMatchObject({ code: "key-rejected", exitCode: 3 });
  });

  it("whose key counts in the other header only says which", async () => {
    const listener: RequestListener = (request, response) => {
      const isGood = request.headers.authorization !== undefined && request.url === "/v1/messages";
      response.writeHead(isGood ? 400 : request.url === "/v1/messages" ? 401 : 404, {
        "content-type": "application/json",
      });
      response.end('{"error":{"message":"no"}}');
    };
    const { url } = await startServer(listener);
    const { verdict } = await look(url, "anthropic", "gw_key_1234567");
    expect(verdict.code).toBe("auth-header");
    expect(verdict.fix?.command).toContain("export ANTHROPIC_AUTH_TOKEN=");
  });
});
