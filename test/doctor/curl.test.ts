import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { user } from "../support/doctor-user.ts";
import {
  apiError,
  between,
  type Front,
  key,
  type Machine,
  openStreet,
  page,
  type Street,
  say,
} from "./blind/machine.ts";

const run = promisify(execFile);

/** One request as it arrived, and what it was answered. */
interface Arrived {
  readonly request: string;
  readonly status: number;
}

/** Puts a recorder before the hosted API, which may answer some requests itself. */
async function recorded(machine: Machine, front: Front = () => false) {
  const arrived: Arrived[] = [];
  const url = await between(machine, (request, body, response) => {
    const { method, url: path, headers } = request;
    const credential = headers.authorization ?? headers["x-api-key"] ?? "none";
    const version = headers["anthropic-version"];
    response.on("finish", () => {
      arrived.push({
        request: JSON.stringify([method, path, credential, version, headers["anthropic-beta"], body]),
        status: response.statusCode,
      });
    });
    return front(request, body, response);
  });
  return { url, arrived };
}

const inClaude = (base: string) => ({
  env: { ANTHROPIC_BASE_URL: base, ANTHROPIC_AUTH_TOKEN: key, ANTHROPIC_MODEL: "claude-opus-4-7" },
});

interface Situation {
  readonly front?: Front;
  readonly key?: string;
  readonly base?: (url: string) => string;
  readonly argv?: (url: string) => string[];
}

const situations: readonly (readonly [title: string, situation: Situation])[] = [
  ["a healthy machine", { base: (url) => url }],
  ["a wrong path", { base: (url) => `${url}/v1` }],
  ["a revoked key", { key: "zk_sandbox_revoked" }],
  ["an empty wallet", { key: "zk_sandbox_empty" }],
  ["a login page", { front: (_request, _body, response) => page(response, 200, "Wi-Fi") }],
  ["a redirect", { front: (_request, _body, response) => say(response, 308, {}, { location: "https://x.test/" }) }],
  ["a broken API", { front: (_request, _body, response) => say(response, 502, apiError("upstream_error", "no")) }],
  ["paid calls", { argv: () => ["--live"] }],
  ["another base URL", { argv: (url) => ["--url", `${url}/v1/v1`] }],
  ["a gateway", { argv: (url) => ["--gateway", url] }],
];

let street: Street;
beforeAll(async () => {
  street = await openStreet();
}, 120_000);
afterAll(() => street.stop());

describe("every printed curl, run by curl", () => {
  it.each(situations)("asks the same as the probe and is answered the same: %s", async (_title, situation) => {
    const machine = street.machine("it's a home");
    const { url, arrived } = await recorded(machine, situation.front);
    if (situation.key !== undefined) {
      await machine.zenthrex(["login", "--key-stdin", "--no-verify"], { stdinText: `${situation.key}\n` });
    }
    if (situation.base !== undefined) machine.write(".claude/settings.json", inClaude(situation.base(url)));
    const { out } = await machine.zenthrex(["doctor", "--curl", ...(situation.argv?.(url) ?? [])]);
    const asked = arrived.splice(0);
    const lines = out.split("\n").flatMap((line) => (/^\s+curl /.test(line) ? [line.trim()] : []));
    // What goes to the sandbox of this process is over when the run is.
    const own = lines.filter((line) => line.includes(url));
    expect(own.length).toBeGreaterThan(0);
    expect(out).not.toContain(situation.key ?? "zk_sandbox_user");
    for (const line of new Set(own)) {
      const { stdout } = await run("sh", ["-c", line], { cwd: "/" });
      const repeated = arrived.at(-1);
      const before = asked.filter(({ request }) => request === repeated?.request);
      expect(
        before.map(({ status }) => status),
        line,
      ).toContain(repeated?.status);
      expect(stdout, line).toMatch(new RegExp(`^HTTP/1\\.1 ${repeated?.status} `));
    }
  });

  it.each([
    ["the token is right", (token: string) => token, 400],
    ["the token is an old one", (token: string) => `${token.slice(0, -4)}AAAA`, 401],
  ])("asks the daemon as the tool does, and is answered the same: %s", async (_title, tokenOf, status) => {
    const who = await user();
    expect((await who.zenthrex(["setup", "claude-code"])).exitCode).toBe(0);
    const settings = join(who.home, ".claude/settings.json");
    writeFileSync(settings, readFileSync(settings, "utf8").replace(who.token, tokenOf(who.token)));
    const { out } = await who.zenthrex(["doctor", "--curl"]);
    const lines = out.split("\n").flatMap((line) => (/^\s+curl /.test(line) ? [line.trim()] : []));
    const toDaemon = lines.filter((line) => line.includes(who.daemon) && line.includes("/v1/messages"));
    expect(toDaemon.length).toBeGreaterThan(0);
    expect(out).not.toContain(who.token);
    for (const line of toDaemon) {
      const { stdout } = await run("sh", ["-c", line], { cwd: "/" });
      expect(stdout, line).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    }
  });

  it("takes its credential from a file that only its owner can read, and that logout removes", async () => {
    const machine = street.machine();
    await machine.zenthrex(["doctor", "--curl"]);
    const folder = join(machine.home, ".config/zenthrex");
    const files = (): string[] => readdirSync(folder).filter((name) => name.includes(".header-"));
    expect(files().length).toBeGreaterThan(0);
    for (const name of files()) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    await machine.zenthrex(["logout"]);
    expect(files()).toEqual([]);
  });
});
