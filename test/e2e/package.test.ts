import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../support/source-files.ts";

/** The tarball that `npm publish` would send, installed as a user would, in a home of its own. */
let directory: string;
let files: string[];
let bin: string;
let environment: Record<string, string>;
const children: ChildProcess[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "zenthrex-e2e-"));
  const packed = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", directory], {
    cwd: root,
    encoding: "utf8",
  });
  const [report] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  files = report.files.map((file) => file.path);
  execFileSync(
    "npm",
    ["install", "--global", "--prefer-offline", "--prefix", directory, join(directory, report.filename)],
    {
      stdio: "pipe",
    },
  );
  bin = join(directory, "bin/zenthrex");
  environment = { PATH: process.env["PATH"] ?? "", HOME: directory, XDG_CONFIG_HOME: join(directory, ".config") };
}, 180_000);

afterAll(() => {
  for (const child of children) child.kill();
  rmSync(directory, { recursive: true, force: true });
});

const run = (...args: string[]): string => execFileSync(bin, args, { env: environment, encoding: "utf8" });

/** Starts a command that prints one JSON ready line, and gives that line. */
function ready(...args: string[]): Promise<Record<string, unknown>> {
  const child = spawn(bin, args, { env: environment, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      for (const line of text.split("\n").slice(0, -1)) {
        const event = JSON.parse(line) as Record<string, unknown>;
        if (event["ready"] === true) resolve(event);
      }
    });
    child.on("exit", (code) => reject(new Error(`exit ${code} before it was ready: ${text}`)));
  });
}

function post(
  port: number,
  path: string,
  headers: Record<string, string>,
  body: unknown,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, path, method: "POST", headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    call.on("error", reject);
    call.end(JSON.stringify(body));
  });
}

describe("the packed tarball", () => {
  it("holds the program and nothing else", () => {
    const outside = files.filter(
      (path) =>
        !/^(bin\/zenthrex\.js|bin\/package\.json|dist\/.+\.(js|d\.ts)|README\.md|LICENSE|package\.json)$/.test(path),
    );
    expect(outside).toEqual([]);
    expect(files).toContain("dist/cli/main.js");
    expect(files).toContain("dist/index.d.ts");
  });

  it("weighs at most 12 MB installed, with at most 64 packages", () => {
    const modules = join(directory, "lib/node_modules/zenthrex/node_modules");
    const installed = readdirSync(join(directory, "lib/node_modules"), { recursive: true, withFileTypes: true });
    const bytes = installed
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
    expect(bytes).toBeLessThanOrEqual(12 * 1024 * 1024);
    const packages = readdirSync(modules).flatMap((name) =>
      name.startsWith("@") ? readdirSync(join(modules, name)) : [name],
    );
    expect(packages.filter((name) => !name.startsWith(".")).length).toBeLessThanOrEqual(64);
  });

  it("answers --version and --help", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    expect(run("--version").trim()).toBe(version);
    expect(run("--help")).toContain("serve");
  });

  it("serves a proxy and a sandbox that answer, streamed and not", async () => {
    const { port } = (await ready("serve", "--sandbox", "--port", "0", "--json")) as { port: number };
    const token = run("key", "token").trim();
    const headers = { "x-api-key": token, "anthropic-version": "2023-06-01", "content-type": "application/json" };
    const body = { model: "claude-opus-4-7", max_tokens: 64, messages: [{ role: "user", content: "hi" }] };
    const whole = await post(port, "/v1/messages", headers, body);
    expect(whole.status).toBe(200);
    expect(JSON.parse(whole.text)).toMatchObject({ type: "message", role: "assistant" });
    const streamed = await post(port, "/v1/messages", headers, { ...body, stream: true });
    expect(streamed.text).toMatch(/^event: message_start\n/);
    expect(streamed.text).toMatch(/event: message_stop\ndata: .*\n\n$/);
  });

  it("can be imported: startSandbox starts one in the process", () => {
    const script = `import { startSandbox } from "zenthrex"; const s = await startSandbox(); const r = await fetch(s.url + "/v1/models"); console.log(r.status); await s.stop();`;
    const out = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: join(directory, "lib/node_modules/zenthrex"),
      env: environment,
      encoding: "utf8",
    });
    expect(out.trim()).toBe("200");
  });
});
