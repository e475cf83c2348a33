import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runMain } from "../support/run-main.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const mine = { id: "claude-opus-4-7", name: "mine", envKey: "FOO", baseUrl: "https://example.com/v1" };

async function notesWith(entries: readonly object[]): Promise<string> {
  const home = temporaryHome();
  mkdirSync(join(home, ".qwen"));
  writeFileSync(join(home, ".qwen/settings.json"), JSON.stringify({ modelProviders: { openai: entries } }));
  const { exitCode, err } = await runMain(["setup", "qwen-code", "--yes"], { home });
  expect(exitCode).toBe(0);
  return err;
}

describe("Qwen Code's own entries", () => {
  it("are told of where they stand before ours with the same id: the first is taken", async () => {
    expect(await notesWith([mine])).toMatch(
      /your own entry of modelProviders\.openai\s+for\s+claude-opus-4-7\s+stands\s+first/,
    );
  });

  it("are not told of where they mean another model", async () => {
    expect(await notesWith([{ ...mine, id: "qwen3" }])).not.toContain("stands first");
  });
});
