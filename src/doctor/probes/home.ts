import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { configPaths } from "../../config/paths.ts";
import { judgeUse } from "../../integrations/detect/judge-use.ts";
import { envOf, readLayer } from "../../integrations/detect/read-layer.ts";
import { holdsKey } from "../holds-key.ts";
import type { Probe, ProbeContext, ProbeResult } from "../types.ts";

const home: Probe = {
  code: "home",
  title: "Home directory",
  dependsOn: [],
  async run(context) {
    const { env, home: own } = context;
    const elsewhere = configurationElsewhere(context) ?? (await claudeElsewhere(context));
    if (elsewhere !== undefined) return elsewhere;
    const moved = env["CLAUDE_CONFIG_DIR"];
    return { status: "pass", finding: `${own}${moved ? `, Claude Code's settings in ${moved}` : ""}` };
  },
};

export default home;

/** A key or settings that lie in another home of the same person: sudo, a changed HOME or XDG_CONFIG_HOME. */
function configurationElsewhere(context: ProbeContext): ProbeResult | undefined {
  const { env, paths, key, home: own, platform, accountHome } = context;
  if (key.kind === "present" || existsSync(paths.file) || platform === "win32") return undefined;
  // A HOME of somebody's own choice is no mistake by itself: only sudo changes it behind one's back.
  const isSudo = (env["SUDO_USER"] ?? "") !== "";
  const homes = [own, ...(isSudo ? [accountHome, sudoHome(env)] : [])].filter(
    (path) => path !== undefined && posix.isAbsolute(path),
  );
  for (const candidate of new Set(homes as string[])) {
    const { file } = configPaths({ env: {}, home: candidate, platform });
    if (file === paths.file || !holdsKey(file)) continue;
    const why = candidate === own ? "XDG_CONFIG_HOME" : "sudo";
    const command = why === "sudo" ? `sudo -u ${env["SUDO_USER"]} zenthrex doctor` : "unset XDG_CONFIG_HOME";
    return {
      status: "fail",
      cause: "wrong-home",
      finding: `zenthrex looks in ${paths.file}, where nothing is, but its settings lie in ${file}: ${why} points elsewhere than when it was set up`,
      evidence: [`HOME is ${own}`, `this account's home is ${accountHome ?? "unknown"}`],
      fix: { command },
    };
  }
  return undefined;
}

/** Claude Code reads one folder, and what it needs was written into another. */
async function claudeElsewhere({ env, home: own, cwd }: ProbeContext): Promise<ProbeResult | undefined> {
  const moved = env["CLAUDE_CONFIG_DIR"];
  if (moved === undefined || moved === "") return undefined;
  const read = posix.join(posix.resolve(cwd, moved), "settings.json");
  const written = posix.join(own, ".claude", "settings.json");
  if (read === written) return undefined;
  const [readUse, writtenUse] = [await useOf(read), await useOf(written)];
  if (readUse !== "nothing" || !writtenUse.startsWith("zenthrex")) return undefined;
  return {
    status: "fail",
    cause: "wrong-home",
    finding: `CLAUDE_CONFIG_DIR makes Claude Code read ${read}, but its address and credential stand in ${written}`,
    fix: { command: "unset CLAUDE_CONFIG_DIR, or run: zenthrex setup claude-code" },
  };
}

async function useOf(path: string): Promise<string> {
  const values = envOf(await readLayer(path));
  return judgeUse(values["ANTHROPIC_BASE_URL"], values["ANTHROPIC_AUTH_TOKEN"] ?? values["ANTHROPIC_API_KEY"]);
}

/** The home of who called sudo, by the user table. */
function sudoHome(env: ProbeContext["env"]): string | undefined {
  const user = env["SUDO_USER"];
  if (user === undefined || user === "" || user === "root") return undefined;
  try {
    const row = readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .find((line) => line.startsWith(`${user}:`));
    return row?.split(":")[5];
  } catch {
    return undefined;
  }
}
