import { describe, expect, it } from "vitest";
import { portIdentities } from "../../src/doctor/port-identities.ts";
import { always, doctorFacts, runDoctor, startServer } from "../support/doctor.ts";

describe("who is on a port", () => {
  it("is asked once, however many want to know", async () => {
    const stranger = await startServer(always(404, "{}"));
    const identify = portIdentities(undefined);
    expect(await Promise.all([1, 2, 3].map(() => identify(stranger.port)))).toEqual(Array(3).fill("stranger"));
    // A stranger is asked twice before it is called one.
    expect(stranger.requests).toHaveLength(2);
  });

  it("is asked once a run, though every tool is pointed there", async () => {
    const stranger = await startServer(always(404, "{}"));
    const base = `http://127.0.0.1:${stranger.port}`;
    const env = {
      ANTHROPIC_BASE_URL: base,
      ANTHROPIC_AUTH_TOKEN: `zxl_${"a".repeat(43)}`,
      OPENAI_BASE_URL: `${base}/v1`,
      OPENAI_API_KEY: `zxl_${"a".repeat(43)}`,
    };
    await runDoctor(doctorFacts({ env }), ["claude-code", "anthropic-sdk", "openai-sdk", "tool-requests"]);
    expect(stranger.requests.filter(({ url }) => url?.startsWith("/healthz"))).toHaveLength(2);
  });
});
