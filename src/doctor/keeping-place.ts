import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { errorCode } from "../base/error-code.ts";
import type { ProbeContext, ProbeResult } from "./types.ts";

type Looking = Pick<
  ProbeContext,
  "paths" | "stateDirectory" | "home" | "accountHome" | "key" | "localToken" | "platform"
>;

/**
 * Says that nothing can be kept where zenthrex keeps its files: a folder that isn't there and can't be made, that can't be written, a
 * file in a folder's place, a full disk. Looks only, writes nothing. Undefined where all is well.
 */
export function unkeepable(context: Looking): ProbeResult | undefined {
  if (context.platform === "win32") return undefined;
  for (const folder of [context.paths.directory, context.stateDirectory]) {
    const problem = problemOf(folder, context);
    if (problem !== undefined) return { ...problem, status: statusOf(context), cause: "home-unwritable" };
  }
  return undefined;
}

type Told = Pick<ProbeResult, "finding" | "evidence" | "fix">;

/** With a key and a token the daemon starts; its history and every change of settings are lost all the same. */
function statusOf({ key, localToken }: Looking): "warn" | "fail" {
  return key.kind === "present" && localToken !== undefined ? "warn" : "fail";
}

function problemOf(folder: string, { home, accountHome }: Looking): Told | undefined {
  const there = nearest(folder);
  const isHomeless = !existsSync(home);
  const elsewhere = accountHome !== undefined && accountHome !== home && existsSync(accountHome);
  const fix = { command: isHomeless && elsewhere ? `export HOME=${accountHome}` : `ls -ld ${there}` };
  const lost = "neither key nor settings nor history can be kept";
  if (!statSync(there).isDirectory()) {
    return {
      finding: `${there} is a file where zenthrex wants a folder: ${lost}`,
      fix: { command: `mv ${there} ${there}.old` },
    };
  }
  const code = unwritable(there);
  if (code !== undefined) {
    const where = isHomeless ? `HOME is ${home}, which isn't there and can't be made` : `${there} can't be written`;
    const why = code === "EROFS" ? "the file system is read-only" : code;
    return { finding: `${where} (${why}): ${lost}`, fix };
  }
  return isFull(there)
    ? { finding: `the disk of ${there} is full: ${lost}`, fix: { command: `df -h ${there}` } }
    : undefined;
}

/** The folder itself, or what is there of its way. */
function nearest(path: string): string {
  let place = path;
  while (!existsSync(place) && place !== dirname(place)) place = dirname(place);
  return place;
}

function unwritable(folder: string): string | undefined {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return errorCode(error) ?? "unknown error";
  }
}

function isFull(folder: string): boolean {
  try {
    const { blocks, bavail } = statfsSync(folder);
    // Some file systems count no blocks at all.
    return blocks > 0 && bavail === 0;
  } catch {
    return false;
  }
}
