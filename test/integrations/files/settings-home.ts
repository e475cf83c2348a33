import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { FileEnvironment } from "../../../src/integrations/files/apply.ts";
import type { EditFileStep, KeyValue } from "../../../src/integrations/types.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

/** The token that the steps of these tests write. */
export const localToken = "zxl_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

/** The keys of a step: an address, a token and an empty text. */
export function keysFor(port = 19_368): KeyValue[] {
  return [
    { path: ["env", "ANTHROPIC_BASE_URL"], value: `http://127.0.0.1:${port}` },
    { path: ["env", "ANTHROPIC_AUTH_TOKEN"], value: localToken, secret: true },
    { path: ["env", "ANTHROPIC_API_KEY"], value: "" },
  ];
}

/** A step for one file. */
export function stepFor(path: string, change: Partial<EditFileStep> = {}): EditFileStep {
  const file = { path, syntax: "json" as const, text: undefined, recognised: [] };
  return { kind: "edit-file", file, set: keysFor(), access: "private", ...change };
}

/** A home with a settings file in it, and everything that apply and undo need. */
export interface SettingsHome {
  readonly home: string;
  readonly path: string;
  readonly environment: FileEnvironment;
}

/** Makes a home; `content` undefined: without the settings file and its folder. */
export function settingsHome(content?: string | Buffer, mode = 0o600): SettingsHome {
  const home = temporaryHome();
  const path = join(home, ".claude", "settings.json");
  if (content !== undefined) {
    mkdirSync(dirname(path), { mode: 0o755 });
    writeFileSync(path, content, { mode });
  }
  const receiptsFolder = join(home, ".config", "zenthrex", "receipts");
  return { home, path, environment: { receiptsFolder, nowMs: Date.UTC(2026, 10, 22, 12, 0, 0) } };
}

/** Everything below a folder but zenthrex's own: type, mode and bytes, by path. */
export function treeOf(home: string): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const name of readdirSync(home, { recursive: true, encoding: "utf8" }).sort()) {
    if (name === ".config" || name.startsWith(".config/")) continue;
    const path = join(home, name);
    const stats = lstatSync(path);
    const mode = (stats.mode & 0o7777).toString(8);
    if (stats.isSymbolicLink()) tree[name] = `link to ${readlinkSync(path)}`;
    else if (stats.isFile()) tree[name] = `${mode} ${readFileSync(path).toString("latin1")}`;
    else tree[relative(home, path)] = `${mode} ${stats.isDirectory() ? "folder" : "odd"}`;
  }
  return tree;
}
