import { describe, expect, it, onTestFinished } from "vitest";
import * as zenthrex from "../src/index.ts";

describe("the library", () => {
  it("exports a sandbox and a proxy that work together", async () => {
    const sandbox = await zenthrex.startSandbox();
    const upstream = zenthrex.createUpstreamClient({ origin: sandbox.url, clock: zenthrex.systemClock });
    const records: zenthrex.RequestRecord[] = [];
    const proxy = await zenthrex.startProxy({
      port: 0,
      addresses: ["127.0.0.1"],
      allowNetwork: false,
      upstream,
      apiKey: () => "zk_sandbox_library",
      localToken: () => `zxl_${"a".repeat(43)}`,
      aliases: () => ({}),
      sonnetDefault: () => undefined,
      allowedHosts: () => [],
      allowedOrigins: () => [],
      sink: { started: () => undefined, ended: (record) => records.push(record) },
      log: () => undefined,
      clock: zenthrex.systemClock,
      version: "1",
      chat: "translate",
      strict: false,
      autoCache: true,
    });
    onTestFinished(async () => {
      await proxy.close(0);
      await upstream.close();
      await sandbox.stop();
    });
    const response = await fetch(`http://127.0.0.1:${proxy.port}/v1/messages`, {
      method: "POST",
      headers: {
        "x-api-key": `zxl_${"a".repeat(43)}`,
        "anthropic-version": "2023-06-01",
        "content-type": "application/json",
      },
      body: JSON.stringify({ model: "claude-haiku-4-5", max_tokens: 9, messages: [{ role: "user", content: "hi" }] }),
    });
    expect(await response.json()).toMatchObject({ type: "message" });
    expect(sandbox.requests().at(-1)).toMatchObject({ path: "/v1/messages", status: 200 });
    expect(records).toHaveLength(1);
  });

  it("exports exactly what it promises", () => {
    expect(Object.keys(zenthrex).sort()).toEqual([
      "ZenthrexError",
      "chooseProxy",
      "createUpstreamClient",
      "startProxy",
      "startSandbox",
      "systemClock",
    ]);
  });
});
