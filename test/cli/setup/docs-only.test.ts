import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { runMain } from "../../support/run-main.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

const token = "zxl_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

function homeWith(): string {
  const home = temporaryHome();
  const file = join(home, ".config/zenthrex/config.json");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ localToken: token, port: 1 }), { mode: 0o600 });
  return home;
}

describe("what no client of ours has read", () => {
  it.each([
    ["crush", ".config/crush/crush.json", /"base_url": "http:\/\/127\.0\.0\.1:1\/v1"/],
    ["zed", ".config/zed/settings.json", /"api_url": "http:\/\/127\.0\.0\.1:1"/],
  ])("%s is printed, written with --write, and taken back", async (tool, file, line) => {
    const home = homeWith();
    const path = join(home, file);
    const printed = await runMain(["setup", tool], { home });
    expect(printed.exitCode).toBe(0);
    expect(printed.out).toContain(`Into ${path}:`);
    expect(printed.out).toMatch(line);
    expect(printed.out + printed.err).not.toContain(token);
    expect(printed.err).toContain("nothing was written");
    expect(existsSync(path)).toBe(false);
    const written = await runMain(["setup", tool, "--write"], { home });
    expect(written.exitCode).toBe(0);
    expect(readFileSync(path, "utf8")).toMatch(line);
    expect(JSON.parse((await runMain(["setup", "--json"], { home })).out).tools).toContainEqual(
      expect.objectContaining({ id: tool, configured_for: "zenthrex-local", tried_with: null }),
    );
    expect((await runMain(["setup", tool, "--undo"], { home })).exitCode).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it("is an object for programs, with the text for each file", async () => {
    const { out } = await runMain(["setup", "crush", "--json"], { home: homeWith() });
    const { changed, print } = JSON.parse(out);
    expect(changed).toBe(false);
    expect(print[0].text).toContain('"id": "claude-opus-4-7"');
    expect(out).not.toContain(token);
  });

  it("is left out of --all, unless --write is there", async () => {
    const home = homeWith();
    mkdirSync(join(home, "bin"));
    for (const name of ["crush", "qwen"]) writeFileSync(join(home, "bin", name), "#!/bin/sh\n", { mode: 0o755 });
    const env = { PATH: join(home, "bin") };
    await runMain(["setup", "--all"], { home, env });
    expect(existsSync(join(home, ".qwen/settings.json"))).toBe(true);
    expect(existsSync(join(home, ".config/crush/crush.json"))).toBe(false);
    await runMain(["setup", "--all", "--write"], { home, env });
    expect(existsSync(join(home, ".config/crush/crush.json"))).toBe(true);
  });

  it("tells that Codex can't be set up for the hosted API, and writes nothing", async () => {
    const home = homeWith();
    const done = await runMain(["setup", "codex", "--direct"], {
      home,
      env: { ZENTHREX_KEY: "zk_live_canary_0123456789" },
    });
    expect(done.out).toContain("Codex speaks the OpenAI Responses API only");
    expect(existsSync(join(home, ".codex"))).toBe(false);
  });
});
