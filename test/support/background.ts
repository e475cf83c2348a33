import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { runZenthrex } from "./run-child.ts";
import { temporaryHome } from "./temporary-home.ts";

/** A home whose daemons are killed when the test ends: those, and only those, have it as their HOME. */
export function daemonHome(): string {
  const home = temporaryHome();
  onTestFinished(() => {
    for (const pid of processesOf(home)) process.kill(pid, "SIGKILL");
  });
  return home;
}

/** The processes that run with a home. Zombies have no environment any more, and so are none of them. */
export function processesOf(home: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(`HOME=${home}`))
    .map(Number);
}

/** The environment of a process, as NAME=value. */
export function environmentOf(pid: number | string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** What `serve --background --json` says. */
export interface Background {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly log: string;
}

/** Starts a daemon in the background with the real program. */
export async function startBackground(
  home: string,
  args: readonly string[] = ["--sandbox"],
  env: Readonly<Record<string, string>> = {},
): Promise<Background> {
  const { exitCode, stdout, stderr } = await runZenthrex(["serve", "--background", "--port", "0", "--json", ...args], {
    home,
    env,
  });
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${stdout}${stderr}`);
  return JSON.parse(stdout) as Background;
}

/** Where the daemons of a home leave their state. */
export function stateFolder(home: string): string {
  return join(home, ".local/state/zenthrex");
}

/** The local token of a home. */
export function localTokenIn(home: string): string {
  const file = join(home, ".config/zenthrex/config.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { localToken: string }).localToken;
}

/** An upstream that begins a stream and never ends it. Shape: its origin. */
export async function endlessUpstream(): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write('event: message_start\ndata: {"type":"message_start","message":{"usage":{}}}\n\n');
    });
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Asks for a stream and waits for its first bytes. `rest` is what comes until its end; undefined when the connection was cut. */
export async function startStream(url: string, token: string): Promise<{ readonly rest: Promise<string | undefined> }> {
  const response = await fetch(`${url}/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": token, "anthropic-version": "2023-06-01", "content-type": "application/json" },
    body: JSON.stringify({ model: "claude-haiku-4-5", stream: true, max_tokens: 9, messages: [] }),
  });
  const reader = response.body?.getReader();
  if (reader === undefined) throw new Error("no body");
  await reader.read();
  const readOn = async (): Promise<string | undefined> => {
    let text = "";
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        text += Buffer.from(part.value).toString();
      }
    } catch {
      return text === "" ? undefined : text;
    }
    return text;
  };
  return { rest: readOn() };
}
