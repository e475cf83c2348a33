import { maskSecret } from "../../base/redact.ts";
import { repositoryRoot } from "../detect/repository-root.ts";
import type { EffectiveContext, Problem } from "./types.ts";

// Where tools keep keys inside a project.
const PATHS = [
  ".claude/settings.json",
  ".claude/settings.local.json",
  ".env",
  ".env.*",
  ".envrc",
  ".aider.conf.yml",
  ".vscode/settings.json",
  ".zed/settings.json",
  ".qwen/settings.json",
  ".kilo/*",
  ".continue/*",
  ".codex/*",
  ".opencode/*",
  "kilo.json*",
  "opencode.json*",
  "crush.json",
  ".crush.json",
  ".mcp.json",
].map((glob) => `:(top,glob)**/${glob}`);

/** What a key of the hosted API, or of Anthropic, looks like to git. It holds no key itself: arguments are visible to others. */
const KEY = "(zk_|sk-ant-)[A-Za-z0-9._~+/-]{8,}";

/** Keys in settings files that git tracks, in the repository of the working directory. Asks git, which reads only what it tracks. */
export async function committedKeys(context: Pick<EffectiveContext, "cwd" | "env" | "exec">): Promise<Problem[]> {
  if (!(await isInRepository(context))) return [];
  const args = ["-C", context.cwd, "grep", "-I", "-n", "-o", "-E", "--full-name", "-z", "-e", KEY, "--", ...PATHS];
  const { exitCode, stdout } = await context.exec("git", args).catch(() => ({ exitCode: 127, stdout: "" }));
  if (exitCode !== 0) return [];
  const files = new Map<string, { line: number; key: string }>();
  for (const row of stdout.split("\n")) {
    const [file, line, key] = row.split("\0");
    if (file === undefined || line === undefined || key === undefined || isPlaceholder(key)) continue;
    if (!files.has(file)) files.set(file, { line: Number(line), key });
  }
  return [...files].map(([file, { line, key }]): Problem => {
    const place = { layer: "project" as const, name: "", file, line };
    return {
      code: "credential-committed",
      severity: "error",
      place,
      wrong: maskSecret(key),
      cause: `${file}:${line} holds a key, and git tracks that file: whoever has the repository has the key`,
      fix: {
        text: `Make the key invalid in its dashboard and get a new one; move it to your own settings (\`zenthrex login\`), and \`git rm --cached ${file}\``,
      },
    };
  });
}

function isPlaceholder(key: string): boolean {
  return /^(zk_|sk-ant-)(\.+|[x*]+|your|example|placeholder|test_?key$)/i.test(key);
}

/** Spares starting git (about 80 ms) where there can't be anything for it to say. */
async function isInRepository({ cwd, env }: Pick<EffectiveContext, "cwd" | "env">): Promise<boolean> {
  if ((env["GIT_DIR"] ?? "") !== "") return true;
  return (await repositoryRoot(cwd)) !== undefined;
}
