import { existsSync } from "node:fs";
import { readConfigFile } from "../config/read.ts";

/** True for a configuration with a key in it. A daemon before a sandbox leaves one that holds a local token alone: that is no login. */
export function holdsKey(file: string): boolean {
  try {
    const { key } = readConfigFile(file);
    return typeof key === "string" && key !== "";
  } catch {
    // It is there and can't be read, as another user's: what is in it can't be ruled out.
    return existsSync(file);
  }
}
