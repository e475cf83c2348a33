import { isJsonObject, type JsonObject } from "../base/json.ts";
import type { ConfigPaths } from "./paths.ts";
import { readConfigFile } from "./read.ts";
import { updateConfig } from "./store.ts";

/** 32 random bytes in base64url; a shorter one that somebody typed into the file is replaced. */
const TOKEN = /^zxl_[A-Za-z0-9_-]{43}$/;

/** The local token of a config file's values, or undefined when there is none that is good. */
export function localTokenOf(values: unknown): string | undefined {
  const token = isJsonObject(values) ? values["localToken"] : undefined;
  return typeof token === "string" && TOKEN.test(token) ? token : undefined;
}

/**
 * The token that tools send to the daemon; made once and kept in the config file. It is worth nothing on another machine.
 * Throws: ZX_FILE_INVALID, ZX_FILE_ACCESS, ZX_FILE_CHANGED as the store does.
 */
export async function ensureLocalToken(paths: ConfigPaths, randomBytes: (size: number) => Uint8Array): Promise<string> {
  const known = localTokenOf(readConfigFile(paths.file));
  if (known !== undefined) return known;
  const made = `zxl_${Buffer.from(randomBytes(32)).toString("base64url")}`;
  let token = made;
  await updateConfig(paths, (values: JsonObject) => {
    token = localTokenOf(values) ?? made;
    return token === made ? { ...values, localToken: made } : undefined;
  });
  return token;
}
