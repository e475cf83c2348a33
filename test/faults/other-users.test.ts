import { spawnSync } from "node:child_process";
import { chmodSync, readdirSync, statSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { daemonHome, localTokenIn, startBackground } from "../support/background.ts";
import { startServe } from "./support/serve.ts";

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const hasSs = spawnSync("ss", ["-V"]).error === undefined;

/** As another user: what can be read below a home, and what a daemon answers without the token. */
const intruder = `
const { readdirSync, readFileSync } = require("node:fs");
const { request } = require("node:http");
const { join } = require("node:path");
const [home, port] = process.argv.slice(1);
process.setgroups([]); process.setgid(${NOBODY}); process.setuid(${NOBODY});
const read = [];
const walk = (folder) => {
  let names = [];
  try { names = readdirSync(folder, { withFileTypes: true }); } catch { return; }
  for (const entry of names) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path);
    else try { readFileSync(path); read.push(path); } catch {}
  }
};
walk(home);
const ask = (method, path) => new Promise((resolve) => {
  const headers = { "content-type": "application/json", authorization: "Bearer guess" };
  const asked = request({ host: "127.0.0.1", port, method, path, headers }, (response) => {
    let text = "";
    response.on("data", (chunk) => { text += chunk; });
    response.on("end", () => resolve([method + " " + path, response.statusCode, text.length]));
  });
  asked.on("error", (error) => resolve([method + " " + path, error.code]));
  asked.end(method === "POST" ? '{"model":"claude-haiku-4-5","messages":[]}' : undefined);
});
(async () => {
  const answers = [];
  for (const [method, path] of [["POST", "/v1/messages"], ["POST", "/v1/chat/completions"], ["POST", "/v1/messages/count_tokens"],
    ["GET", "/v1/models"], ["GET", "/v1/whoami"], ["GET", "/healthz"], ["POST", "/admin/stop"]]) answers.push(await ask(method, path));
  console.log(JSON.stringify({ read, answers, uid: process.getuid() }));
})();`;

describe("another user of this machine", () => {
  it.runIf(isRoot)(
    "gets no answer with a fact in it, and reads none of our files, in a home that everybody may enter [T7]",
    async () => {
      const home = daemonHome();
      const { port } = await startBackground(home);
      for (const folder of [home, join(home, ".config"), join(home, ".local"), join(home, ".local/state")])
        chmodSync(folder, 0o755);
      const { stdout, stderr } = spawnSync(process.execPath, ["-e", intruder, home, String(port)], {
        encoding: "utf8",
        cwd: "/",
      });
      expect(stderr).toBe("");
      const seen = JSON.parse(stdout) as { read: string[]; answers: [string, number, number][]; uid: number };
      expect(seen.uid).toBe(NOBODY);
      expect(seen.read).toEqual([]);
      expect(seen.answers.filter(([, status, length]) => status < 400 && length > 0)).toEqual([]);
      expect(localTokenIn(home)).toMatch(/^zxl_/);
    },
  );

  it("finds every file of ours closed: 0600 in folders of 0700 [T7]", async () => {
    const home = daemonHome();
    await startBackground(home);
    const open: string[] = [];
    for (const entry of readdirSync(home, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!path.includes("zenthrex")) continue;
      const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
      // What lies in a folder that nobody else may enter is closed by that.
      if ((mode & 0o077) !== 0 && !isBelowClosed(path, home)) open.push(`${(mode & 0o777).toString(8)} ${path}`);
    }
    expect(open).toEqual([]);
  });
});

function isBelowClosed(path: string, home: string): boolean {
  for (let folder = join(path, ".."); folder !== home && folder.length > home.length; folder = join(folder, "..")) {
    if ((statSync(folder).mode & 0o077) === 0) return true;
  }
  return false;
}

describe("the network", () => {
  it.runIf(hasSs)("sees no port: the daemon listens on 127.0.0.1 and ::1 only [T6 F90]", async () => {
    const served = await startServe();
    const { stdout } = spawnSync("ss", ["-ltnH"], { encoding: "utf8" });
    const listening = stdout
      .split("\n")
      .map((line) => line.trim().split(/\s+/)[3] ?? "")
      .filter((address) => address.endsWith(`:${served.port}`));
    expect(listening.length).toBeGreaterThan(0);
    expect(listening.filter((address) => !/^(127\.0\.0\.1|\[::1\]):\d+$/.test(address))).toEqual([]);
  });

  const outside = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
  it.runIf(outside !== undefined)("can't connect to this machine's other address [T6]", async () => {
    const served = await startServe();
    const code = await new Promise((resolve) => {
      const socket = connect(served.port, outside ?? "");
      socket.once("connect", () => resolve("connected"));
      socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    expect(code).toBe("ECONNREFUSED");
  });
});
