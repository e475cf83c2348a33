import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { applyEdit } from "../../../src/integrations/files/apply.ts";
import { forgetSecret } from "../../../src/integrations/files/forget-secret.ts";
import { undoTool } from "../../../src/integrations/files/undo.ts";
import { settingsHome, stepFor } from "./settings-home.ts";

const secret = "zk_live_canary_0123456789";

describe("forgetting a secret", () => {
  it("removes it from backups and receipts, and an undo behind it doesn't bring it back", async () => {
    const place = settingsHome(`{"env": {"ANTHROPIC_AUTH_TOKEN": "${secret}", "X": "1"}}`);
    await applyEdit("claude-code", stepFor(place.path), place.environment);
    expect(await forgetSecret(secret, place.environment.receiptsFolder)).toEqual([]);
    for (const folder of [dirname(place.path), place.environment.receiptsFolder]) {
      for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name), "utf8")).not.toContain("canary");
    }
    await undoTool("claude-code", [], place.environment);
    expect(JSON.parse(readFileSync(place.path, "utf8"))).toEqual({ env: { X: "1" } });
  });

  it("names the files that still hold it, and keeps backups that don't", async () => {
    const place = settingsHome('{"a": 1}');
    const set = [{ path: ["env", "ANTHROPIC_AUTH_TOKEN"], value: secret, secret: true }];
    const { backup } = await applyEdit(
      "claude-code",
      stepFor(place.path, { set, access: "owner-only" }),
      place.environment,
    );
    expect(await forgetSecret(secret, place.environment.receiptsFolder)).toEqual([place.path]);
    expect(readFileSync(backup as string, "utf8")).toBe('{"a": 1}');
    await undoTool("claude-code", [], place.environment);
    expect(readFileSync(place.path, "utf8")).toBe('{"a": 1}');
  });

  it("is done quietly where nothing was ever set up, or the settings can't be read", async () => {
    const place = settingsHome("{}");
    expect(await forgetSecret(secret, place.environment.receiptsFolder)).toEqual([]);
    await applyEdit("claude-code", stepFor(place.path), place.environment);
    writeFileSync(place.path, Buffer.from([0xff]));
    expect(await forgetSecret(secret, place.environment.receiptsFolder)).toEqual([]);
  });
});
