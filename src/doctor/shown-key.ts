import { maskSecret } from "../base/redact.ts";
import type { KeyState } from "./types.ts";

/** Where a key comes from, in words. */
export function keySource(key: Extract<KeyState, { kind: "present" }>, configFile: string): string {
  switch (key.from) {
    case "environment":
      return "ZENTHREX_KEY";
    case "stdin":
      return "stdin";
    case "tool":
      return key.place ?? "a tool's settings";
    case "sandbox":
      return "the sandbox's own";
    default:
      return configFile;
  }
}

/** A key and its source as they may be shown. */
export function shownKey(key: Extract<KeyState, { kind: "present" }>, configFile: string): string {
  return `${maskSecret(key.text)} (${keySource(key, configFile)})`;
}
