import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { root } from "../support/source-files.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const key = "zk_live_CANARYCANARY1234";
const canScript = spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0;

/** The real program on a terminal of its own (by util-linux's script), 80 columns wide. */
function onTerminal(args: string, home: string, env: Record<string, string> = {}) {
  const command = `stty cols 80; exec ${process.execPath} ${root}bin/zenthrex.js ${args}`;
  const child = spawn("script", ["-qefc", command, "/dev/null"], {
    env: { PATH: process.env["PATH"], HOME: home, TERM: "xterm", SHELL: "/bin/sh", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let screen = "";
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const until = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!screen.includes(text)) return;
        child.stdout.off("data", look);
        resolve();
      };
      child.stdout.on("data", look);
      look();
    });
  child.stdout.prependListener("data", (chunk: Buffer) => {
    screen += chunk.toString();
  });
  return { type: (text: string) => child.stdin.write(text), screen: () => screen, until, ended };
}

describe.runIf(canScript)("on a real terminal", () => {
  it("asks for the key without showing a character of it", async () => {
    const home = temporaryHome();
    const terminal = onTerminal("login --no-verify", home);
    await terminal.until("(not shown): ");
    terminal.type(`wrong\u0015${key.slice(0, 9)}`);
    terminal.type(`x\u007f${key.slice(9)}\r`);
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen()).toContain("Logged in with zk_...1234: not checked.");
    expect(terminal.screen()).not.toMatch(/CANARY|wrong/);
    expect(JSON.parse(readFileSync(join(home, ".config/zenthrex/config.json"), "utf8")).key).toBe(key);
  });

  it("stores nothing when the question is cancelled", async () => {
    const terminal = onTerminal("login --no-verify", temporaryHome());
    await terminal.until("(not shown): ");
    terminal.type("zk_live\u0003");
    expect(await terminal.ended).toBe(2);
    expect(terminal.screen()).toContain("cancelled");
  });

  it("asks one question after the other, and waits for each answer", async () => {
    const home = temporaryHome();
    for (const name of ["claude", "cline"]) {
      mkdirSync(join(home, "bin"), { recursive: true });
      writeFileSync(join(home, "bin", name), "#!/bin/sh\n", { mode: 0o755 });
    }
    const terminal = onTerminal("setup", home, {
      PATH: `${join(home, "bin")}:${process.env["PATH"]}`,
      ZENTHREX_PORT: "1",
    });
    await terminal.until("Set up Claude Code, Cline?");
    terminal.type("y\r");
    await terminal.until("opus or haiku [opus]: ");
    terminal.type("haiku\r");
    await terminal.until("Apply? [Y/n] ");
    terminal.type("\r");
    await terminal.until("Claude Code now uses");
    await terminal.until("+++ ");
    terminal.type("n\r");
    // The service, where this machine has a manager for it, else the background.
    await terminal.until("The daemon is not running.");
    terminal.type("n\r");
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen()).toContain("Nothing was changed.");
    expect(readFileSync(join(home, ".claude/settings.json"), "utf8")).toContain("http://127.0.0.1:1");
  });

  it("shows what it waits for when an answer takes long, and nothing of it afterwards", async () => {
    const server = createServer((_request, response) => {
      const wallet = {
        balance_usd: 3,
        total_spent_usd: 0,
        total_input_tokens: 0,
        total_output_tokens: 0,
        per_model: {},
      };
      setTimeout(
        () => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(wallet)),
        2500,
      );
    });
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const upstream = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const terminal = onTerminal(`whoami --upstream ${upstream}`, temporaryHome(), { ZENTHREX_KEY: key });
    await terminal.until("asking 127.0.0.1");
    expect(await terminal.ended).toBe(0);
    const afterwards = terminal.screen().slice(terminal.screen().lastIndexOf("asking"));
    // The line is cleared before the answer is written.
    expect(afterwards.indexOf("\u001b[0K")).toBeGreaterThan(0);
    expect(afterwards.indexOf("Balance")).toBeGreaterThan(afterwards.indexOf("\u001b[0K"));
    expect(afterwards).toContain("$3.00");
  });

  it("answers a question of setup with what was typed", async () => {
    const home = temporaryHome();
    mkdirSync(join(home, ".claude"));
    writeFileSync(join(home, ".claude/settings.json"), "{}\n");
    const terminal = onTerminal("setup claude-code", home);
    await terminal.until("opus or haiku [opus]: ");
    terminal.type("\r");
    await terminal.until("Apply? [Y/n] ");
    terminal.type("n\r");
    expect(await terminal.ended).toBe(0);
    expect(readFileSync(join(home, ".claude/settings.json"), "utf8")).toBe("{}\n");
  });
});
