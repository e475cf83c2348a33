import { describe, expect, it } from "vitest";
import { createFakeClock } from "../support/fake-clock.ts";
import { ask } from "./support/client.ts";
import { startPair } from "./support/test-proxy.ts";

const json = { "content-type": "application/json" };
const claude = { ...json, "user-agent": "claude-cli/2.1.330 (external, cli)" };
const wrong = "zxl_of_another_daemon_0123456789";

describe("a refused token in the log", () => {
  it("names the tool and what to do, and never what was sent", async () => {
    const { proxy } = await startPair(() => undefined);
    await ask(proxy.port, { headers: { ...claude, "x-api-key": wrong } });
    await ask(proxy.port, { headers: { ...json, "user-agent": "OpenAI/JS 7.57.0" } });
    await ask(proxy.port, { headers: { ...json, authorization: "Bearer sk-ant-canary-0123456789" } });
    expect(proxy.logs).toEqual([
      {
        level: "info",
        message:
          "refused claude-code: it sent a wrong local token; point it at this daemon with `zenthrex setup <tool>`",
        fields: { tool: "claude-code", code: "ZX_AUTH_TOKEN_WRONG", route: "messages" },
      },
      expect.objectContaining({ message: expect.stringMatching(/^refused openai-sdk: it sent no local token; /) }),
      expect.objectContaining({
        message: expect.stringMatching(/^refused a program \(without a name\): it sent a wrong local token; /),
      }),
    ]);
    expect(JSON.stringify(proxy.logs)).not.toMatch(/zxl_|canary/);
  });

  it("is said once a minute for each tool and reason, then with the number of those in between", async () => {
    const clock = createFakeClock();
    const { proxy } = await startPair(() => undefined, { clock });
    const refused = async (count: number) => {
      for (let sent = 0; sent < count; sent++) {
        // A page can choose paths and credentials as it likes, and no other name than the browser's.
        const headers = { "user-agent": `Mozilla/5.0 (${sent})`, "x-api-key": `zxl_${sent}` };
        await ask(proxy.port, { method: "GET", path: `/v1/models/${sent}`, headers });
      }
    };
    await refused(50);
    expect(proxy.logs).toHaveLength(1);
    clock.advance(59_999);
    await refused(1);
    expect(proxy.logs).toHaveLength(1);
    clock.advance(1);
    await refused(3);
    expect(proxy.logs.map(({ message }) => /\(\d+ more before\)$/.exec(message)?.[0])).toEqual([
      undefined,
      "(50 more before)",
    ]);
    // A clock that was set back keeps it quiet for no hour.
    clock.jump(-3_600_000);
    await refused(1);
    expect(proxy.logs).toHaveLength(3);
  });

  it("is not said of what the daemon answers anybody, nor of what it refuses for another reason", async () => {
    const { proxy } = await startPair(() => undefined);
    await ask(proxy.port, { method: "GET", path: "/healthz", headers: { "x-api-key": wrong } });
    await ask(proxy.port, { headers: { ...json, "x-api-key": wrong, origin: "https://evil.example" } });
    await ask(proxy.port, { path: "/nowhere", headers: { ...json, "x-api-key": wrong } });
    expect(proxy.logs).toEqual([]);
  });
});
