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
});
