import { readdirSync } from "node:fs";
import { join } from "node:path";

/** The folder of what one wallet paid: one below the history for every upstream, so that nothing is ever added up across wallets. */
export function historyFolder(stateDirectory: string, origin: string | "sandbox"): string {
  return join(stateDirectory, "history", origin === "sandbox" ? "sandbox" : nameOf(origin));
}

/** A file a month, by Coordinated Universal Time: local days overlap two of them at most. */
export function monthFile(folder: string, atMs: number): string {
  return join(folder, `${monthOf(atMs)}.jsonl`);
}

/** The month of a moment. Shape: "2026-11". */
export function monthOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, -"-DDTHH:MM:SS.sssZ".length);
}

/** The files of the months that a time span touches, oldest first; without a span all. */
export function monthFiles(folder: string, span?: { readonly fromMs: number; readonly toMs: number }): string[] {
  return namesIn(folder)
    .filter((name) => /^\d{4}-\d{2}\.jsonl$/.test(name))
    .filter((name) => span === undefined || (name >= monthOf(span.fromMs) && name.slice(0, 7) <= monthOf(span.toMs)))
    .sort()
    .map((name) => join(folder, name));
}

/** The history folders that there are, by the name that `historyFolder` gave them. */
export function historyNames(stateDirectory: string): string[] {
  return namesIn(join(stateDirectory, "history")).sort();
}

/** `https://api.example.com` -> "api.example.com", `http://127.0.0.1:5000` -> "http_127.0.0.1_5000". */
function nameOf(origin: string): string {
  return origin
    .replace(/^https:\/\//, "")
    .replace("://", "_")
    .replace(/[^A-Za-z0-9.-]/g, "_");
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
