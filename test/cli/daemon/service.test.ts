import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { rootCertificates } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { daemonHome, processesOf, startBackground } from "../../support/background.ts";
import type { FakeContextOptions } from "../../support/fake-context.ts";
import { fakeSystemd, kill, unitOf } from "../../support/fake-systemd.ts";
import { freePort } from "../../support/free-port.ts";
import { runMain } from "../../support/run-main.ts";

const key = "zk_live_CANARYCANARY1234";

async function homeWithKey(): Promise<{ readonly home: string; readonly port: number }> {
  const home = daemonHome();
  const port = await freePort();
  await runMain(["login", "--key-stdin", "--no-verify"], { home, stdinText: key });
  await runMain(["config", "set", "port", String(port)], { home });
  return { home, port };
}

const run = (argv: readonly string[], options: FakeContextOptions) => runMain(argv, { kill, ...options });

describe.runIf(process.platform === "linux")("service install", () => {
  it("writes the unit, starts it, waits for its proof; status, restart and uninstall know it", async () => {
    const { home, port } = await homeWithKey();
    const { lines, programs } = fakeSystemd(home);
    const installed = await run(["service", "install"], { home, programs });
    expect(installed).toMatchObject({ exitCode: 0, err: "" });
    expect(installed.out).toMatch(
      new RegExp(`^● zenthrex is a service of systemd now and serves on http://127\\.0\\.0\\.1:${port}\n`),
    );
    expect(lines.filter((line) => !line.includes("show"))).toEqual([
      "--user daemon-reload",
      "--user enable zenthrex.service",
      "--user restart --no-block zenthrex.service",
    ]);
    const [first] = processesOf(home);
    const status = await run(["service", "status", "--json"], { home, programs });
    expect(status.exitCode).toBe(0);
    expect(JSON.parse(status.out)).toMatchObject({
      installed: true,
      up_to_date: true,
      running: true,
      pid: first,
      warnings: [],
    });

    const restarted = await run(["restart"], { home, programs });
    expect(restarted).toMatchObject({ exitCode: 0, out: expect.stringContaining("as a service of systemd (pid ") });
    expect(lines).toContain("--user start --no-block zenthrex.service");
    expect(processesOf(home)).toHaveLength(1);
    expect(processesOf(home)).not.toEqual([first]);

    const removed = await run(["service", "uninstall"], { home, programs });
    expect(removed).toMatchObject({ exitCode: 0, out: expect.stringContaining("no service of systemd any more") });
    expect(existsSync(unitOf(home))).toBe(false);
    expect(processesOf(home)).toEqual([]);
    expect(lines.slice(-3)).toEqual([
      "--user disable zenthrex.service",
      "--user stop --no-block zenthrex.service",
      "--user daemon-reload",
    ]);
    expect(await run(["service", "status"], { home, programs })).toMatchObject({ exitCode: 1 });
    expect(await run(["service", "uninstall"], { home, programs })).toMatchObject({ exitCode: 0 });
    expect((await runMain(["key", "status"], { home })).out).toContain("zk_...1234");
  });

  it("takes the place of a daemon in the background", async () => {
    const { home, port } = await homeWithKey();
    const background = await startBackground(home, ["--port", String(port)]);
    const { programs } = fakeSystemd(home);
    expect(await run(["service", "install"], { home, programs })).toMatchObject({ exitCode: 0 });
    expect(processesOf(home)).toHaveLength(1);
    expect(processesOf(home)).not.toEqual([background.pid]);
  });

  it("stores the shell's proxy and certificates, and says what the service doesn't see; status says what differs", async () => {
    const { home } = await homeWithKey();
    const { programs } = fakeSystemd(home);
    const caFile = join(home, "company.pem");
    writeFileSync(caFile, rootCertificates[0] ?? "");
    const env = {
      HTTPS_PROXY: "http://ann:CANARY@proxy.example:3128",
      NO_PROXY: ".example",
      NODE_EXTRA_CA_CERTS: caFile,
      ZENTHREX_CHAT: "upstream",
      ZENTHREX_KEY: `${key}5`,
    };
    const planned = await run(["service", "install", "--dry-run"], { home, env, programs });
    expect(planned.out).toContain("ExecStart=");
    expect(planned.out).toContain("systemctl --user enable zenthrex.service");
    expect(planned.err).toContain("HTTPS_PROXY of this shell would be stored as network.proxy");
    expect(existsSync(unitOf(home))).toBe(false);
    expect(processesOf(home)).toEqual([]);

    const { exitCode, out, err } = await run(["service", "install"], { home, env, programs });
    expect(exitCode).toBe(0);
    expect(err.split("\n").filter((line) => line !== "")).toEqual([
      "note: HTTPS_PROXY of this shell is stored as network.proxy, where the service finds it",
      "note: NO_PROXY of this shell is stored as network.noProxy, where the service finds it",
      "note: NODE_EXTRA_CA_CERTS of this shell is stored as network.caFile, where the service finds it",
      "warning: ZENTHREX_CHAT of this shell is not seen by the service: zenthrex config set chat <value>",
      "warning: ZENTHREX_KEY of this shell is another key than the stored one, which the service uses",
    ]);
    expect(planned.out + planned.err + out + err).not.toContain("CANARY");
    const config = JSON.parse(readFileSync(join(home, ".config/zenthrex/config.json"), "utf8"));
    expect(config.network).toEqual({
      proxy: env.HTTPS_PROXY,
      noProxy: ".example",
      caFile,
    });
    expect(config.key).toBe(key);
    expect(await run(["service", "status"], { home, programs })).toMatchObject({ exitCode: 0, err: "" });
    const other = await run(["service", "status"], { home, programs, env: { HTTPS_PROXY: "http://other.example" } });
    expect(other).toMatchObject({
      exitCode: 0,
      err: expect.stringContaining("HTTPS_PROXY of this shell is not what the service has"),
    });
    const gone = await run(["service", "status"], { home, programs, env: { NODE_EXTRA_CA_CERTS: "/none.pem" } });
    expect(gone.err).toContain("NODE_EXTRA_CA_CERTS of this shell names no certificates: /none.pem");
    const newer = await run(["service", "status", "--json"], { home, programs, nodePath: "/opt/node-99/bin/node" });
    expect(JSON.parse(newer.out)).toMatchObject({
      up_to_date: false,
      warnings: [expect.stringContaining("service install")],
    });
  });

  it("refuses what would not work after a reboot, and changes nothing then", async () => {
    const { home } = await homeWithKey();
    const { lines, programs } = fakeSystemd(home);
    const noKey = daemonHome();
    const refused = [
      await run(["service", "install"], { home: noKey, programs, env: { ZENTHREX_KEY: key } }),
      await run(["service", "install"], {
        home,
        programs,
        programPath: "/home/ann/.npm/_npx/ab12/node_modules/zenthrex/bin/zenthrex.js",
      }),
      await run(["service", "install"], { home, programs, platform: "freebsd" }),
      await run(["service", "dance"], { home, programs }),
    ];
    expect(refused.map(({ exitCode }) => exitCode)).toEqual([3, 1, 2, 2]);
    expect(refused[0]?.err).toMatch(/only in ZENTHREX_KEY[\s\S]*zenthrex login/);
    expect(refused[1]?.err).toMatch(/npx[\s\S]*npm install -g/);
    expect(lines).toEqual([]);
    expect(existsSync(unitOf(home))).toBe(false);
    await runMain(["config", "set", "port", "0"], { home });
    expect(await run(["service", "install"], { home, programs })).toMatchObject({ exitCode: 2 });
  });

  it("leaves a stranger on the port alone, and names it", async () => {
    const { home } = await homeWithKey();
    const stranger = createServer((_request, response) => response.end("hello"));
    onTestFinished(() => {
      stranger.closeAllConnections();
      stranger.close();
    });
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    await runMain(["config", "set", "port", String((stranger.address() as AddressInfo).port)], { home });
    const { lines, programs } = fakeSystemd(home);
    const { exitCode, err } = await run(["service", "install"], { home, programs });
    expect([exitCode, err]).toEqual([5, expect.stringContaining(`(pid ${process.pid})`)]);
    expect(lines).toEqual([]);
  });

  it("says what the manager said, leaves no new file behind and the running daemon alone", async () => {
    const { home, port } = await homeWithKey();
    const background = await startBackground(home, ["--port", String(port)]);
    const refusal = { exitCode: 1, stderr: "Failed to connect to bus: No medium found\n" };
    const { programs } = fakeSystemd(home, (line) => (line.includes("daemon-reload") ? refusal : undefined));
    const { exitCode, err } = await run(["service", "install"], { home, programs });
    expect([exitCode, err]).toEqual([1, expect.stringMatching(/No medium found\nfix: .*serve --background/)]);
    expect(existsSync(unitOf(home))).toBe(false);
    expect(processesOf(home)).toEqual([background.pid]);
    const missing = await run(["service", "install"], { home });
    expect(missing).toMatchObject({ exitCode: 1, err: expect.stringContaining("there is no systemctl here") });
  });

  it("says so when a file is in a folder's place", async () => {
    const { home } = await homeWithKey();
    mkdirSync(dirname(dirname(unitOf(home))), { recursive: true });
    writeFileSync(dirname(unitOf(home)), "");
    const { programs } = fakeSystemd(home);
    expect(await run(["service", "install"], { home, programs })).toMatchObject({ exitCode: 6 });
  });
});

describe("service uninstall", () => {
  it("leaves a daemon alone that is not the service's", async () => {
    const { home, port } = await homeWithKey();
    const { programs, lines } = fakeSystemd(home);
    mkdirSync(dirname(unitOf(home)), { recursive: true });
    writeFileSync(unitOf(home), "[Unit]\n");
    const background = await startBackground(home, ["--port", String(port)]);
    const planned = await run(["service", "uninstall", "--dry-run"], { home, programs });
    expect(planned.out).toContain("systemctl --user disable zenthrex.service");
    expect(existsSync(unitOf(home))).toBe(true);
    expect(await run(["service", "uninstall"], { home, programs })).toMatchObject({ exitCode: 0 });
    expect(lines).toContain("--user disable zenthrex.service");
    expect(processesOf(home)).toEqual([background.pid]);
  });
});

describe("service on other systems", () => {
  it.each([
    ["darwin", "Library/LaunchAgents/xyz.zentherixapi.zenthrex.plist", /launchctl bootstrap gui\/\d+ /],
    ["win32", "service-task.xml", /schtasks \/Create \/TN zenthrex \/XML /],
  ] as const)("shows for %s what it would write and run", async (platform, file, command) => {
    const home = daemonHome();
    const { exitCode, out, err } = await run(["service", "install", "--dry-run"], { home, platform });
    expect([exitCode, err]).toEqual([0, expect.stringContaining("no stored key yet")]);
    expect(out).toContain(file);
    expect(out).toContain('<?xml version="1.0"');
    expect(out).toMatch(command);
  });
});
