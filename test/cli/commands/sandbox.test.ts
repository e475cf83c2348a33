import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { main } from "../../../src/cli/main.ts";
import { fakeContext } from "../../support/fake-context.ts";
import { runMain } from "../../support/run-main.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

function start(argv: readonly string[]) {
  const context = fakeContext({ home: temporaryHome() });
  const ended = main(["sandbox", ...argv], context);
  onTestFinished(async () => {
    context.signal();
    await ended;
  });
  return { context, ended };
}

describe("zenthrex sandbox", () => {
  it("tells where it serves in one JSON line, answers, and stops at a signal", async () => {
    const { context, ended } = start(["--port", "0", "--json"]);
    await context.until(/\n/);
    const ready = JSON.parse(context.out()) as { url: string; port: number };
    expect(ready).toEqual({ ready: true, url: `http://127.0.0.1:${ready.port}`, port: ready.port });
    expect((await fetch(`${ready.url}/v1/models`)).status).toBe(200);
    context.signal("SIGTERM");
    expect(await ended).toBe(0);
    await expect(fetch(`${ready.url}/v1/models`)).rejects.toThrow();
  });

  it("says to people what it is and which keys it takes", async () => {
    const { context } = start([]);
    await context.until(/Stop: Ctrl-C/);
    expect(context.out()).toContain("zk_sandbox_<any name>: each has a wallet of $5.00");
    expect(
      Math.max(
        ...context
          .out()
          .split("\n")
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(80);
  });

  it("answers count_tokens only when asked to", async () => {
    for (const [argv, status] of [
      [[], 404],
      [["--count-tokens"], 200],
    ] as const) {
      const { context } = start(["--json", ...argv]);
      const [, url] = await context.until(/"url":"([^"]+)"/);
      const response = await fetch(`${url}/v1/messages/count_tokens`, {
        method: "POST",
        headers: { "x-api-key": "zk_sandbox_x", "anthropic-version": "2023-06-01", "content-type": "application/json" },
        body: JSON.stringify({ model: "claude-haiku-4-5", messages: [{ role: "user", content: "hi" }] }),
      });
      expect(response.status).toBe(status);
    }
  });

  it("names what holds its port (5), and refuses a port that is none (2) and a file that isn't there (6)", async () => {
    const server = createServer();
    onTestFinished(() => {
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const taken = await runMain(["sandbox", "--port", String(port)], { home: temporaryHome() });
    expect(taken.exitCode).toBe(5);
    expect(taken.err).toContain(`(pid ${process.pid})`);
    expect(await runMain(["sandbox", "--port", "x"], { home: temporaryHome() })).toMatchObject({
      exitCode: 2,
      out: "",
    });
    const missing = await runMain(["sandbox", "--replies", "/nowhere/r.json"], { home: temporaryHome() });
    expect(missing.exitCode).toBe(6);
  });
});
