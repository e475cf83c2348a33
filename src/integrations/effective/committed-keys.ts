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

/**
 * Keys in files that git tracks, in the repository of the working directory: any in the settings files of tools, and the user's `own` in
 * whatever file it stands. Asks git, which reads only what it tracks.
 */
export async function committedKeys(
  context: Pick<EffectiveContext, "cwd" | "env" | "exec">,
  own: readonly string[] = [],
): Promise<Problem[]> {
  if (!(await isInRepository(context))) return [];
  const [inSettings, anywhere] = await Promise.all([
    grep(PATHS, context),
    own.length === 0 ? [] : grep([":(top)"], context),
  ]);
  const found = [
    ...inSettings.filter(({ key }) => !isPlaceholder(key)),
    ...anywhere.filter(({ key }) => own.some((each) => key.startsWith(each))),
  ];
  const files = new Map<string, { line: number; key: string }>();
  for (const { file, line, key } of found) if (!files.has(file)) files.set(file, { line, key });
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

/** Where keys stand in the files that git tracks and a path means. */
async function grep(
  paths: readonly string[],
  { cwd, exec }: Pick<EffectiveContext, "cwd" | "exec">,
): Promise<{ readonly file: string; readonly line: number; readonly key: string }[]> {
  const args = ["-C", cwd, "grep", "-I", "-n", "-o", "-E", "--full-name", "-z", "-e", KEY, "--", ...paths];
  const { exitCode, stdout } = await exec("git", args).catch(() => ({ exitCode: 127, stdout: "" }));
  if (exitCode !== 0) return [];
  return stdout.split("\n").flatMap((row) => {
    const [file, line, key] = row.split("\0");
    return file === undefined || line === undefined || key === undefined ? [] : [{ file, line: Number(line), key }];
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
