import { existsSync, readFileSync } from "node:fs";
import type { ProbeContext } from "./types.ts";

/** Where this machine is inside another one, so that 127.0.0.1 means less than people think. */
export type Surrounding = "wsl" | "codespaces" | "devcontainer" | "container" | "ssh";

/** What each is called in a sentence. */
export const surroundingNames: Readonly<Record<Surrounding, string>> = {
  wsl: "WSL",
  codespaces: "a codespace",
  devcontainer: "a dev container",
  container: "a container",
  ssh: "an SSH session",
};

/** What the environment says of itself; nearest first. */
export function surroundingsOf({ env, platform }: Pick<ProbeContext, "env" | "platform">): readonly Surrounding[] {
  const isSet = (name: string): boolean => (env[name] ?? "") !== "";
  const found: Surrounding[] = [];
  if (isSet("CODESPACES")) found.push("codespaces");
  if (isSet("REMOTE_CONTAINERS") || isSet("DEVCONTAINER") || isSet("REMOTE_CONTAINERS_IPC")) found.push("devcontainer");
  if (isSet("container") || (platform === "linux" && ["/.dockerenv", "/run/.containerenv"].some(existsSync))) {
    found.push("container");
  }
  if (isSet("WSL_DISTRO_NAME") || (platform === "linux" && isWslKernel())) found.push("wsl");
  if (isSet("SSH_CONNECTION") || isSet("SSH_CLIENT")) found.push("ssh");
  return found;
}

function isWslKernel(): boolean {
  try {
    return /microsoft/i.test(readFileSync("/proc/version", "utf8"));
  } catch {
    return false;
  }
}
