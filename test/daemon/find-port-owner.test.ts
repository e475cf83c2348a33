import { spawn } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { describeOwner, findPortOwner } from "../../src/daemon/find-port-owner.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const noPrograms = async () => ({ exitCode: 127, stdout: "" });

describe("findPortOwner", () => {
  it.runIf(process.platform === "linux")("names the process that listens, on IPv4 and on IPv6", async () => {
    for (const host of ["127.0.0.1", "::1"]) {
      const script = `require("node:http").createServer().listen(0, "${host}", function () { console.log(this.address().port); })`;
      const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
      onTestFinished(() => {
        child.kill("SIGKILL");
      });
      const port = await new Promise<number>((resolve) => child.stdout.once("data", (chunk) => resolve(Number(chunk))));
      const owner = await findPortOwner(port, { platform: "linux", exec: noPrograms });
      expect(owner).toMatchObject({ pid: child.pid, name: expect.stringMatching(/node|MainThread/) });
      expect(describeOwner(owner)).toMatch(new RegExp(`^\\S+ \\(pid ${child.pid}\\)$`));
    }
  });

  it.runIf(process.platform === "linux")(
    "finds nobody on a port where nobody listens, and ignores clients",
    async () => {
      const server = createServer();
      const port = await new Promise<number>((resolve) =>
        server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
      );
      await new Promise((resolve) => server.close(resolve));
      expect(await findPortOwner(port, { platform: "linux", exec: noPrograms })).toBeUndefined();
      expect(describeOwner(undefined)).toBe("another program");
    },
  );

  it("tells another user's process by its uid: its files are closed to us", async () => {
    const proc = temporaryHome();
    mkdirSync(join(proc, "net"));
    const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
    const row =
      "   0: 0100007F:4BA8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1234        0 99887 1 0\n";
    writeFileSync(join(proc, "net/tcp"), head + row);
    const owner = await findPortOwner(0x4ba8, { platform: "linux", exec: noPrograms, procPath: proc });
    expect(owner).toEqual({ uid: 1234 });
    expect(describeOwner(owner)).toBe("a process of another user (uid 1234)");
    mkdirSync(join(proc, "4711/fd"), { recursive: true });
    symlinkSync("socket:[99887]", join(proc, "4711/fd/3"));
    writeFileSync(join(proc, "4711/comm"), "ev\u001b[31mil\n");
    const known = await findPortOwner(0x4ba8, { platform: "linux", exec: noPrograms, procPath: proc });
    expect(describeOwner(known)).toBe("ev[31mil (pid 4711)");
  });

  it("asks lsof on macOS", async () => {
    const asked: string[] = [];
    const exec = async (file: string, args: readonly string[]) => {
      asked.push([file, ...args].join(" "));
      return { exitCode: 0, stdout: "p812\ncControlCe\nf10\n" };
    };
    expect(await findPortOwner(5000, { platform: "darwin", exec })).toEqual({ pid: 812, name: "ControlCe" });
    expect(asked).toEqual(["lsof -nP -iTCP:5000 -sTCP:LISTEN -Fpc"]);
  });

  it("asks netstat and tasklist on Windows", async () => {
    const netstat = [
      "",
      "Active Connections",
      "  Proto  Local Address          Foreign Address        State           PID",
      "  TCP    127.0.0.1:50001        127.0.0.1:19368        ESTABLISHED     999",
      "  TCP    127.0.0.1:19368        127.0.0.1:50001        ESTABLISHED     998",
      "  TCP    127.0.0.1:19368        0.0.0.0:0              ABH\u00d6REN         4711",
    ].join("\r\n");
    const exec = async (file: string) => ({
      exitCode: 0,
      stdout: file === "netstat" ? netstat : '"my server.exe","4711","Console","1","10,000 K"\r\n',
    });
    expect(await findPortOwner(19368, { platform: "win32", exec })).toEqual({ pid: 4711, name: "my server.exe" });
  });

  it.each(["darwin", "win32", "freebsd"] as const)("knows nobody on %s without its programs", async (platform) => {
    expect(await findPortOwner(19368, { platform, exec: noPrograms })).toBeUndefined();
  });
});
