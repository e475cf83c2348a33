import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type DaemonState,
  portsWithState,
  readDaemonState,
  removeDaemonState,
  writeDaemonState,
} from "../../src/daemon/state-file.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const state: DaemonState = {
  port: 19400,
  pid: 4711,
  startedAt: "2026-01-02T03:04:05.000Z",
  version: "0.1.0",
  logFile: "/x.log",
  keyFrom: "environment",
  options: { strict: true, upstream: "https://x" },
  variables: { ZENTHREX_CHAT: "upstream" },
};

describe("a daemon's state", () => {
  it("comes back as it was written, for its user only, and says its format", () => {
    const directory = join(temporaryHome(), "a/state");
    writeDaemonState(directory, state);
    expect(readDaemonState(directory, 19400)).toEqual(state);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, "daemon-19400.json")).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(join(directory, "daemon-19400.json"), "utf8"))).toMatchObject({ format: 1 });
    writeDaemonState(directory, { ...state, port: 19399 });
    expect(portsWithState(directory)).toEqual([19399, 19400]);
    expect(readdirSync(directory)).toHaveLength(2);
  });

  it("is removed by its own daemon only", () => {
    const directory = temporaryHome();
    writeDaemonState(directory, state);
    removeDaemonState(directory, 19400, 4712);
    expect(portsWithState(directory)).toEqual([19400]);
    removeDaemonState(directory, 19400, 4711);
    removeDaemonState(directory, 19400, 4711);
    expect(portsWithState(directory)).toEqual([]);
  });

  it.each([
    ["nothing", undefined],
    ["an empty file", ""],
    ["half a file", '{"port":19400,"pid":'],
    ["a list", "[]"],
    ["another port's", JSON.stringify({ ...state, port: 1 })],
    ["no pid", JSON.stringify({ ...state, pid: "4711" })],
  ])("is none where there is %s", (_what, text) => {
    const directory = temporaryHome();
    if (text !== undefined) writeFileSync(join(directory, "daemon-19400.json"), text);
    expect(readDaemonState(directory, 19400)).toBeUndefined();
  });

  it("is understood as far as it can be when another version wrote it", () => {
    const directory = temporaryHome();
    const { logFile, ...rest } = state;
    const text = JSON.stringify({ ...rest, keyFrom: "keyring", options: { a: 1, b: "x" }, variables: [], more: {} });
    writeFileSync(join(directory, "daemon-19400.json"), text);
    const wanted = { ...state, logFile: null, keyFrom: null, options: { b: "x" }, variables: {} };
    expect(readDaemonState(directory, 19400)).toEqual(wanted);
  });

  it("leaves no temporary file where it can't be written", () => {
    const directory = temporaryHome();
    mkdirSync(join(directory, "daemon-19400.json"));
    expect(() => writeDaemonState(directory, state)).toThrow();
    expect(readdirSync(directory)).toEqual(["daemon-19400.json"]);
    expect(portsWithState(join(directory, "none"))).toEqual([]);
  });
});
