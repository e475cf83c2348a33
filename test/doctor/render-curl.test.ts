import { execFile } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { renderCurl } from "../../src/doctor/render-curl.ts";
import type { ProbeRequest } from "../../src/doctor/types.ts";
import { startServer } from "../support/doctor.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const run = promisify(execFile);
const bare = { headerFile: undefined, proxy: undefined };

describe("renderCurl", () => {
  it("holds no secret: the header comes from a file", () => {
    const request: ProbeRequest = { method: "GET", url: "https://x.test/v1/whoami", credential: "authorization" };
    expect(renderCurl(request, { headerFile: "/home/u/a file", proxy: undefined })).toBe(
      "curl -sS -i --http1.1 --max-time 30 --noproxy '*' -H '@/home/u/a file' https://x.test/v1/whoami",
    );
  });

  it("names the proxy by its variable, and the authorities by their file", () => {
    const request: ProbeRequest = { method: "HEAD", url: "https://x.test/", credential: "none" };
    const line = renderCurl(request, { headerFile: undefined, proxy: '"$HTTPS_PROXY"', caFile: "/ca.pem" });
    expect(line).toBe(
      'curl -sS -i --http1.1 --max-time 30 --proxy "$HTTPS_PROXY" --cacert /ca.pem --head https://x.test/',
    );
  });

  it("arrives as it was, pasted into a shell: body, headers and credential", async () => {
    let body = "";
    const server = await startServer((request, response) => {
      request.on("data", (part: Buffer) => {
        body += part.toString();
      });
      request.on("end", () => response.writeHead(418).end());
    });
    const file = join(temporaryHome(), "it's a header");
    writeFileSync(file, "x-api-key: zk_test_1234\n");
    chmodSync(file, 0o600);
    const request: ProbeRequest = {
      method: "POST",
      url: `${server.url}/v1/messages?a=1&b=$HOME`,
      credential: "x-api-key",
      headers: ["content-type", "application/json"],
      body: `@{"text":"it's $HOME \`id\` \\\\ \\"quoted\\" ü"}`,
    };
    const { stdout } = await run("sh", ["-c", renderCurl(request, { ...bare, headerFile: file })]);
    expect(stdout).toMatch(/^HTTP\/1\.1 418 /);
    expect(body).toBe(request.body);
    const [got] = server.requests;
    expect([got?.method, got?.url, got?.headers["x-api-key"], got?.headers["content-type"]]).toEqual([
      "POST",
      "/v1/messages?a=1&b=$HOME",
      "zk_test_1234",
      "application/json",
    ]);
  });
});
