import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { committedKeys } from "../../../src/integrations/effective/committed-keys.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

async function gitCalls(cwd: string, env: Record<string, string> = {}): Promise<number> {
  let calls = 0;
  const exec = async () => {
    calls++;
    return { exitCode: 1, stdout: "" };
  };
  await committedKeys({ cwd, env, exec });
  return calls;
}

describe("keys in git", () => {
  it("are asked for in a repository, also from deep inside and in a further worktree", async () => {
    const repository = temporaryHome();
    mkdirSync(join(repository, ".git"));
    mkdirSync(join(repository, "src/deep"), { recursive: true });
    expect(await gitCalls(join(repository, "src/deep"))).toBe(1);
    const worktree = temporaryHome();
    writeFileSync(join(worktree, ".git"), "gitdir: /elsewhere\n");
    expect(await gitCalls(worktree)).toBe(1);
  });

  it("cost no git where there is no repository", async () => {
    const folder = temporaryHome();
    expect(await gitCalls(folder)).toBe(0);
    expect(await gitCalls(folder, { GIT_DIR: "/elsewhere/.git" })).toBe(1);
  });

  it("are found in any file where they are the user's own, elsewhere in settings files alone", async () => {
    const repository = temporaryHome();
    const own = "zk_0wn0123456789abcdef";
    mkdirSync(join(repository, "src"));
    writeFileSync(join(repository, "src/app.py"), `client = Client(api_key="${own}")\n`);
    writeFileSync(join(repository, "src/test.py"), 'KEY = "zk_made_up_for_tests_0123456789"\n');
    writeFileSync(join(repository, ".env"), "KEY=zk_an0ther0123456789abcdef\n");
    writeFileSync(join(repository, "untracked.py"), own);
    const git = async (file: string, args: readonly string[]) => {
      const { status, stdout } = spawnSync(file, args, { encoding: "utf8", cwd: repository });
      return { exitCode: status ?? 127, stdout };
    };
    await git("git", ["init", "-q"]);
    await git("git", ["add", "src", ".env"]);
    const context = { cwd: join(repository, "src"), env: {}, exec: git };
    const filesOf = async (keys?: string[]) => (await committedKeys(context, keys)).map(({ place }) => place?.file);
    expect(await filesOf()).toEqual([".env"]);
    expect(await filesOf([own])).toEqual([".env", "src/app.py"]);
  });
});
