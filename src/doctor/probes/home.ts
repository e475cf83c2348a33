import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { configPaths } from "../../config/paths.ts";
import { judgeTool } from "../../integrations/effective/judge-tool.ts";
import { readTool } from "../../integrations/effective/read-tool.ts";
import type { EffectiveToolName } from "../../integrations/effective/registry.ts";
import type { EffectiveEndpoint } from "../../integrations/effective/types.ts";
import { holdsKey } from "../holds-key.ts";
import { unkeepable } from "../keeping-place.ts";
import type { Probe, ProbeContext, ProbeResult } from "../types.ts";

const home: Probe = {
  code: "home",
  title: "Home directory",
  dependsOn: [],
  async run(context) {
    const { env, home: own } = context;
    const elsewhere = configurationElsewhere(context) ?? (await settingsElsewhere(context));
    if (elsewhere !== undefined) return elsewhere;
    const lost = unkeepable(context);
    if (lost !== undefined) return lost;
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

/** A variable that moves a tool's settings, and the folder below the home directory that it takes the place of. */
interface Mover {
  readonly variable: string;
  readonly folder: string;
  readonly tool: EffectiveToolName;
}

// Source: the tools' own documentation, as their readers have it.
const MOVERS: readonly Mover[] = [
  { variable: "CLAUDE_CONFIG_DIR", folder: ".claude", tool: "claude-code" },
  { variable: "CODEX_HOME", folder: ".codex", tool: "codex" },
  { variable: "CLINE_DIR", folder: ".cline", tool: "cline" },
  { variable: "CLINE_DATA_DIR", folder: ".cline/data", tool: "cline" },
  { variable: "CLINE_PROVIDER_SETTINGS_PATH", folder: ".cline/data/settings/providers.json", tool: "cline" },
  { variable: "CONTINUE_GLOBAL_DIR", folder: ".continue", tool: "continue" },
  { variable: "QWEN_HOME", folder: ".qwen", tool: "qwen-code" },
  { variable: "XDG_CONFIG_HOME", folder: ".config", tool: "opencode" },
  { variable: "XDG_CONFIG_HOME", folder: ".config", tool: "kilo-code" },
];

/** A tool reads one folder, and what it needs was written into another. */
async function settingsElsewhere(context: ProbeContext): Promise<ProbeResult | undefined> {
  const moved = MOVERS.filter(
    ({ variable, tool }) =>
      (context.env[variable] ?? "") !== "" && (context.tool === undefined || context.tool === tool),
  );
  const found = await Promise.all(moved.map((mover) => leftBehind(mover, context)));
  return found.find((one) => one !== undefined);
}

async function leftBehind({ variable, folder, tool }: Mover, context: ProbeContext): Promise<ProbeResult | undefined> {
  const { [variable]: moved = "", ...env } = context.env;
  const unmoved = { ...context.tools.context, env };
  const [read, written] = await Promise.all([
    context.tools.read(tool).then((facts) => judgeTool(facts, context.tools.context)),
    readTool(tool, unmoved).then((facts) => judgeTool(facts, unmoved)),
  ]);
  const own = written.endpoints.find(isOwnFile);
  const file = own?.base?.place.file;
  const isDirect = own?.destination === "hosted";
  // Settings for somebody else, or broken ones, are a choice of their owner's.
  const isEmpty = read.problems.length === 0 && !read.endpoints.some(({ base }) => base !== undefined);
  if (file === undefined || !isEmpty) return undefined;
  const looked = posix.resolve(context.cwd, moved, posix.relative(posix.join(context.home, folder), file));
  return {
    status: "fail",
    cause: "wrong-home",
    finding: `${variable} makes ${read.title} read ${looked}, but its address and credential stand in ${file}`,
    fix: {
      command: `unset ${variable}, or run: zenthrex setup ${tool}`,
      // Setup writes where Claude Code reads.
      ...(tool === "claude-code" ? { action: { kind: "setup", tool, args: isDirect ? ["--direct"] : [] } } : {}),
    },
  };
}

function isOwnFile({ isOurs, isActive, base }: EffectiveEndpoint): boolean {
  return isOurs && isActive && base?.place.layer === "user";
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
