import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { upstreamNetwork } from "../../src/cli/network.ts";
import { hasOpenssl, makeCertificates } from "../support/certificates.ts";
import { startConnectProxy } from "../support/connect-proxy.ts";
import { fakeContext } from "../support/fake-context.ts";
import { jsonAnswer, startRawUpstream } from "../support/raw-upstream.ts";
import { runMain } from "../support/run-main.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const key = "zk_live_CANARYCANARY1234";
const wallet = {
  token: key,
  balance_usd: 1,
  total_spent_usd: 0,
  total_input_tokens: 0,
  total_output_tokens: 0,
  per_model: {},
};

describe("proxy and certificates of the config", () => {
  it.runIf(hasOpenssl())("lead to the upstream where the environment says nothing", async () => {
    const { ca, good } = makeCertificates();
    const upstream = await startRawUpstream(
      async (connection) => {
        await connection.readRequest();
        await connection.write(jsonAnswer(wallet));
      },
      { tls: good },
    );
    const proxy = await startConnectProxy();
    open.push(upstream, proxy);
    const home = temporaryHome();
    const caFile = join(home, "ca.pem");
    writeFileSync(caFile, ca);
    const origin = `https://upstream.test:${upstream.port}`;
    const whoami = (env = {}) =>
      runMain(["whoami", "--json", "--upstream", origin], { home, env: { ZENTHREX_KEY: key, ...env } });
    await runMain(["config", "set", "network.proxy", `me:CANARY@127.0.0.1:${proxy.port}`], { home });
    expect((await whoami()).err).toMatch(/certificate/);
    await runMain(["config", "set", "network.caFile", caFile], { home });
    expect(await whoami()).toMatchObject({ exitCode: 0, err: "" });
    expect(proxy.requests.map(({ method, path }) => `${method} ${path}`)).toContain(
      `CONNECT upstream.test:${upstream.port}`,
    );
    expect(proxy.requests[0]?.rawHeaders.join()).toContain(Buffer.from("me:CANARY").toString("base64"));
    const seen = proxy.requests.length;
    expect((await whoami({ HTTPS_PROXY: "http://127.0.0.1:9" })).err).toContain("127.0.0.1:9");
    expect((await whoami({ https_proxy: "" })).exitCode).toBe(5);
    expect((await whoami({ NO_PROXY: "upstream.test" })).exitCode).toBe(5);
    await runMain(["config", "set", "network.noProxy", ".test"], { home });
    expect((await whoami()).exitCode).toBe(5);
    expect(proxy.requests).toHaveLength(seen);
  });

  it("never reach the upstream of this machine through a proxy [F29]", async () => {
    const home = temporaryHome();
    await runMain(["config", "set", "network.proxy", "http://proxy.example:3128"], { home });
    expect(upstreamNetwork("http://127.0.0.1:9", fakeContext({ home }))).toEqual({ proxy: undefined, ca: undefined });
  });

  it("are shown without the proxy's login, wherever a setting is shown", async () => {
    const home = temporaryHome();
    const proxies = [
      "http://ann:CANARY@proxy.example:3128",
      "ann:CANARY@proxy.example:3128",
      "https://CANARY@proxy.example",
    ];
    for (const proxy of proxies) {
      for (const argv of [["set", "network.proxy", proxy], ["get", "network.proxy"], ["list"], ["list", "--json"]]) {
        const { exitCode, out, err } = await runMain(["config", ...argv], { home });
        expect([exitCode, err]).toEqual([0, ""]);
        expect(out).toContain("...@proxy.example");
        expect(out).not.toMatch(/CANARY|ann/);
      }
    }
  });

  it.each([
    ["network.proxy", "socks5://proxy.example:1080"],
    ["network.proxy", "http://proxy.example/path"],
    ["network.proxy", "http://:3128"],
    ["network.caFile", "ca.pem"],
  ])("%s doesn't take %s", async (name, value) => {
    const { exitCode, err } = await runMain(["config", "set", name, value], { home: temporaryHome() });
    expect([exitCode, err]).toEqual([2, expect.not.stringContaining(value)]);
  });

  it("say what is wrong with a file of certificates", async () => {
    const home = temporaryHome();
    const whoami = () => runMain(["whoami"], { home, env: { ZENTHREX_KEY: key } });
    await runMain(["config", "set", "network.caFile", join(home, "none.pem")], { home });
    expect(await whoami()).toMatchObject({ exitCode: 6, err: expect.stringContaining("none.pem: ENOENT") });
    writeFileSync(join(home, "none.pem"), "CANARY");
    const { exitCode, err } = await whoami();
    expect([exitCode, err]).toEqual([6, expect.stringContaining("holds no certificate")]);
    expect(err).not.toContain("CANARY");
    // What Node has from the variable already isn't read again.
    const env = { NODE_EXTRA_CA_CERTS: join(home, "none.pem") };
    expect(upstreamNetwork("https://x.test", fakeContext({ home, env }))).toEqual({ proxy: undefined, ca: undefined });
  });
});
