import { describe, expect, it } from "vitest";
import { createProbeRun } from "../../src/doctor/create-context.ts";
import type { ProbeRequest, WantedSecret } from "../../src/doctor/types.ts";
import { always, doctorFacts, startServer } from "../support/doctor.ts";
import { scriptedLookup } from "../support/lookup.ts";

const KEY = "zk_live_the_real_one_1234";
const key = { kind: "present", text: KEY, from: "config file" } as const;
const get = (url: string, secret?: WantedSecret): ProbeRequest => ({
  method: "GET",
  url,
  credential: "authorization",
  ...(secret === undefined ? {} : { secret }),
});

describe("where the key goes", () => {
  it("goes to its own origin, as it is", async () => {
    const own = await startServer(always(200, "{}"));
    const { context } = createProbeRun(doctorFacts({ upstream: own.url, key }));
    expect(await context.request(get(`${own.url}/v1/whoami`))).toMatchObject({ status: 200, sent: "key" });
    expect(own.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  it("goes to no other origin: a placeholder does", async () => {
    const [own, other] = [await startServer(always(200, "{}")), await startServer(always(200, "{}"))];
    const { context } = createProbeRun(doctorFacts({ upstream: own.url, key, localToken: `zxl_${"a".repeat(43)}` }));
    for (const secret of ["key", "local-token", { own: KEY }, { own: "sk-ant-api03-someone" }] as const) {
      expect(await context.request(get(`${other.url}/${JSON.stringify(secret).length}`, secret))).toMatchObject({
        sent: "placeholder",
      });
    }
    const sent = other.requests
      .filter(({ url }) => !url?.startsWith("/healthz"))
      .map(({ headers }) => headers.authorization);
    expect(sent).toHaveLength(4);
    expect(new Set(sent)).toEqual(new Set(["Bearer zk_placeholder_of_zenthrex_doctor"]));
  });

  it("isn't sent to a host that is nearly right, or another vendor's, though it is the upstream", async () => {
    const server = await startServer(always(200, "{}"));
    const lookup = scriptedLookup(["127.0.0.1"]);
    for (const host of ["api.zenthrexapi.xyz", "api.anthropic.com"]) {
      const upstream = `http://${host}:${server.port}`;
      const { context } = createProbeRun(doctorFacts({ upstream, key, network: { lookup } }));
      expect(await context.request(get(`${upstream}/v1/whoami`))).toMatchObject({ sent: "placeholder" });
    }
  });

  it("of stdin goes to the origin that it was given for, and a stored one never does", async () => {
    const other = await startServer(always(200, "{}"));
    const target = { kind: "url", origin: other.url, base: `${other.url}/v1`, format: undefined } as const;
    const given = createProbeRun(doctorFacts({ key: { ...key, from: "stdin" }, target }));
    expect(await given.context.request(get(`${other.url}/v1/models`))).toMatchObject({ sent: "key" });
    const stored = createProbeRun(doctorFacts({ key, target }));
    expect(await stored.context.request(get(`${other.url}/v1/models`))).toMatchObject({ sent: "placeholder" });
  });

  it("follows no redirect", async () => {
    const other = await startServer(always(200, "{}"));
    const own = await startServer(always(307, "", { location: `${other.url}/v1/whoami` }));
    const { context } = createProbeRun(doctorFacts({ upstream: own.url, key }));
    expect(await context.request(get(`${own.url}/v1/whoami`))).toMatchObject({ status: 307 });
    expect(other.requests).toEqual([]);
  });

  it("with a character that no header carries isn't sent at all", async () => {
    const own = await startServer(always(401, "{}"));
    const odd = { ...key, text: "zk_\u200babcdefgh" };
    const { context } = createProbeRun(doctorFacts({ upstream: own.url, key: odd }));
    expect(await context.request(get(`${own.url}/v1/whoami`))).toMatchObject({ status: 401, sent: "placeholder" });
  });
});

describe("a request", () => {
  it("is sent once a run, however often it is asked for", async () => {
    const own = await startServer(always(200, "{}"));
    const { context } = createProbeRun(doctorFacts({ upstream: own.url }));
    await Promise.all([1, 2, 3].map(() => context.request(get(`${own.url}/v1/models`))));
    expect(own.requests).toHaveLength(1);
  });

  it("says at which step it failed", async () => {
    const { context } = createProbeRun(
      doctorFacts({ network: { lookup: scriptedLookup({ errorCode: "EAI_AGAIN" }) } }),
    );
    expect(await context.request(get("http://name.test/"))).toMatchObject({
      kind: "failed",
      step: "dns",
      code: "EAI_AGAIN",
    });
    expect(await context.request(get("http://127.0.0.1:1/"))).toMatchObject({ step: "connect", code: "ECONNREFUSED" });
    expect(await context.request(get("not a url"))).toMatchObject({ kind: "failed", step: "url" });
  });
});
