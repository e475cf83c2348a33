import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { posix, win32 } from "node:path";
import { hostedOrigin } from "../../../catalog/endpoints.ts";
import { findProgram } from "../../detect/find-program.ts";
import { isLoopback, readAddress } from "../judge/address.ts";
import { readLocated } from "../read-located.ts";
import { showBase } from "../show-place.ts";
import type { EffectiveContext, EffectiveReader, Place, Problem } from "../types.ts";

/**
 * Cursor keeps its override of the OpenAI base URL in a database that it holds open; its text is looked through, never written. Its
 * servers make the calls. Source: Cursor's staff on forum.cursor.com/t/160995.
 */
const cursor: EffectiveReader = {
  title: "Cursor",
  async read(context) {
    const folder = userFolder(context);
    const isPresent =
      (await findProgram("cursor", context)) !== undefined ||
      (folder !== undefined && (await stat(folder).catch(() => undefined)) !== undefined);
    const found = folder === undefined ? undefined : await overrideIn(folder, context);
    const problems = found === undefined ? [] : problemsOf(found, context);
    return { isPresent, endpoints: [], switches: [], hasUnreadable: false, problems };
  },
};

export default cursor;

interface Override {
  readonly text: string;
  readonly place: Place;
}

function userFolder({ env, home, platform }: EffectiveContext): string | undefined {
  const path = platform === "win32" ? win32 : posix;
  if (platform === "win32") return path.join(env["APPDATA"] ?? path.join(home, "AppData", "Roaming"), "Cursor", "User");
  if (!path.isAbsolute(home)) return undefined;
  if (platform === "darwin") return path.join(home, "Library", "Application Support", "Cursor", "User");
  const named = env["XDG_CONFIG_HOME"];
  return path.join(
    named !== undefined && path.isAbsolute(named) ? named : path.join(home, ".config"),
    "Cursor",
    "User",
  );
}

/** As people, guides and versions write it: openAIBaseUrl, openai.baseUrl, cursor.openaiBaseUrl. */
const NAME = "open-?ai[\\w.\\s-]{0,20}base[\\s_-]?(?:url|uri)";
const IN_DATABASE = new RegExp(`${NAME}[^a-z0-9]{0,8}(https?:\\\\?/\\\\?/[^\\s"'\\\\<>\\x00-\\x1f\\x7f-\\xff]+)`, "gi");

async function overrideIn(folder: string, context: EffectiveContext): Promise<Override | undefined> {
  const path = context.platform === "win32" ? win32 : posix;
  const settings = await readLocated(path.join(folder, "settings.json"), "user", "jsonc");
  const isName = new RegExp(`${NAME}$`, "i");
  for (const [name, value] of Object.entries(settings.values)) {
    if (isName.test(name) && typeof value === "string" && value !== "")
      return { text: value, place: settings.place([name]) };
  }
  const database = path.join(folder, "globalStorage", "state.vscdb");
  const text = await lastMatch(database, IN_DATABASE);
  return text === undefined
    ? undefined
    : { text, place: { layer: "user", name: "Override OpenAI Base URL", file: database } };
}

/** Beyond this the file is chat history; the settings' rows are rewritten often, and so stand where they were made first. */
const MAX_BYTES = 64 * 1024 * 1024;
const OVERLAP = 4096;

async function lastMatch(file: string, pattern: RegExp): Promise<string | undefined> {
  const stats = await stat(file).catch(() => undefined);
  if (stats === undefined || !stats.isFile()) return undefined;
  let found: string | undefined;
  let tail = "";
  try {
    for await (const part of createReadStream(file, {
      end: MAX_BYTES,
      highWaterMark: 1024 * 1024,
      encoding: "latin1",
    })) {
      const text = tail + String(part);
      for (const match of text.matchAll(pattern)) found = match[1]?.replaceAll("\\", "");
      tail = text.slice(-OVERLAP);
    }
  } catch {
    return undefined;
  }
  return found;
}

function problemsOf({ text, place }: Override, context: EffectiveContext): Problem[] {
  const right = `${context.upstreamOrigin.startsWith("https:") ? context.upstreamOrigin : hostedOrigin}/v1`;
  const { url, destination } = readAddress(text, context);
  const host = url?.hostname ?? "";
  const fix = {
    text: `In Cursor's Settings > Models set "Override OpenAI Base URL" to ${right} (steps: \`zenthrex setup cursor\`)`,
    command: ["setup", "cursor"],
  };
  if (isLoopback(host) || isPrivate(host)) {
    return [
      {
        code: "base-on-localhost",
        severity: "error",
        place,
        wrong: showBase(text),
        right,
        cause: `Cursor's base URL is ${showBase(text)}: Cursor's own servers make the calls, and can't reach this machine`,
        fix,
      },
    ];
  }
  const path = url?.pathname.replace(/\/+$/, "");
  if (destination === "near-hosted") {
    const cause = `Cursor's base URL ${showBase(text)} is not the host of the hosted API, it only looks like it`;
    return [{ code: "base-near-host", severity: "error", place, wrong: showBase(text), right, cause, fix }];
  }
  if (destination !== "hosted" || path === "/v1") return [];
  const cause = `Cursor's base URL is ${showBase(text)}: it must end in /v1, to which Cursor appends /chat/completions`;
  const code = path === "" ? "base-missing-v1" : "base-wrong-path";
  return [{ code, severity: "error", place, wrong: showBase(text), right, cause, fix }];
}

function isPrivate(host: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)/.test(host) || host.endsWith(".local");
}
