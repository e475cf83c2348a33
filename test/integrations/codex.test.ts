import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findModel, models } from "../../src/catalog/models.ts";
import { codexModelList } from "../../src/integrations/codex/model-list.ts";
import codex from "../../src/integrations/codex.ts";
import { applyEdit } from "../../src/integrations/files/apply.ts";
import { undoTool } from "../../src/integrations/files/undo.ts";
import type { IntegrationContext, Target } from "../../src/integrations/types.ts";
import { temporaryHome } from "../support/temporary-home.ts";
import { localToken, treeOf } from "./files/settings-home.ts";

const target: Target = {
  kind: "local",
  origin: "http://127.0.0.1:19368",
  credential: localToken,
  model: "claude-opus-4-7",
  sonnetModel: "claude-opus-4-7",
  haikuModel: "claude-haiku-4-5",
  documentedKeysOnly: false,
  through: "file",
  self: "zenthrex",
  platform: "linux",
  nowMs: Date.UTC(2026, 10, 22, 12, 0, 0),
};

function machine(): {
  context: IntegrationContext;
  list: string;
  profile: string;
  receipts: { receiptsFolder: string; nowMs: number };
} {
  const home = temporaryHome();
  return {
    context: { env: {}, home, cwd: home, platform: "linux" },
    list: join(home, ".codex/zenthrex.models.json"),
    profile: join(home, ".codex/zenthrex.config.toml"),
    receipts: { receiptsFolder: join(home, ".config/zenthrex/receipts"), nowMs: target.nowMs },
  };
}

async function setUp({ context, receipts }: ReturnType<typeof machine>, change: Partial<Target> = {}): Promise<void> {
  for (const step of codex.plan(await codex.detect(context), { ...target, ...change }))
    if (step.kind === "edit-file") await applyEdit("codex", step, receipts);
}

async function undo({ context, receipts }: ReturnType<typeof machine>): Promise<void> {
  await undoTool("codex", (await codex.detect(context)).files, receipts);
}

const slugsIn = (path: string): string[] =>
  (JSON.parse(readFileSync(path, "utf8")) as { models: { slug: string }[] }).models.map(({ slug }) => slug);

describe("the list of models for Codex", () => {
  it("says of every documented model what the catalog says", () => {
    const list = codexModelList("claude-opus-4-7");
    expect(list.map(({ slug }) => slug)).toEqual(models.filter(({ documented }) => documented).map(({ id }) => id));
    for (const entry of list) {
      const model = findModel(String(entry["slug"]));
      expect(entry).toMatchObject({
        display_name: model?.displayName,
        context_window: model?.contextTokens,
        apply_patch_tool_type: "freeform",
        supports_parallel_tool_calls: true,
        input_modalities: ["text", "image"],
      });
    }
  });

  it.each([
    ["claude-opus-4-7", ["low", "medium", "high", "xhigh", "max"]],
    ["claude-opus-4-6", ["low", "medium", "high", "max"]],
    // Budgets of tokens are made of these.
    ["claude-haiku-4-5", ["low", "medium", "high"]],
  ])("offers the levels of %s, its default among them", (id, efforts) => {
    const entry = codexModelList(id).find(({ slug }) => slug === id);
    const offered = entry?.["supported_reasoning_levels"] as { effort: string; description: string }[];
    expect(offered.map(({ effort }) => effort)).toEqual(efforts);
    expect(efforts).toContain(entry?.["default_reasoning_level"]);
  });

  it.each(["claude-sonnet-4-6", "claude-opus-9-9"])("has the chosen %s too, which isn't documented", (id) => {
    expect(codexModelList(id).filter(({ slug }) => slug === id)).toHaveLength(1);
    expect(codexModelList("claude-opus-4-7").some(({ slug }) => slug === id)).toBe(false);
  });
});

describe("setup of Codex", () => {
  it("writes the list before the profile that names it, and undoes both to the byte", async () => {
    const at = machine();
    const before = treeOf(at.context.home);
    const steps = codex.plan(await codex.detect(at.context), target);
    expect(steps.flatMap((step) => (step.kind === "edit-file" ? [step.file.path] : []))).toEqual([at.list, at.profile]);
    await setUp(at);
    expect(readFileSync(at.profile, "utf8")).toContain('model_catalog_json = "zenthrex.models.json"');
    expect(slugsIn(at.list)).toContain("claude-opus-4-7");
    await setUp(at, { model: "claude-sonnet-4-6" });
    expect(slugsIn(at.list)).toContain("claude-sonnet-4-6");
    await undo(at);
    expect(treeOf(at.context.home)).toEqual(before);
  });

  it("takes the list away where the receipt is lost", async () => {
    const at = machine();
    await setUp(at);
    await undoTool("codex", (await codex.detect(at.context)).files, {
      ...at.receipts,
      receiptsFolder: join(at.context.home, "none"),
    });
    expect(existsSync(at.list) ? readFileSync(at.list, "utf8").trim() : "{}").toBe("{}");
    expect(readFileSync(at.profile, "utf8")).not.toMatch(/zenthrex/i);
  });

  it("leaves a list that the user has changed since", async () => {
    const at = machine();
    await setUp(at);
    const mine = JSON.stringify({ models: [{ slug: "mine" }] });
    writeFileSync(at.list, mine);
    await undo(at);
    expect(readFileSync(at.list, "utf8")).toBe(mine);
  });

  it("doesn't overwrite a list of that name which somebody else wrote", async () => {
    const at = machine();
    mkdirSync(join(at.context.home, ".codex"));
    const mine = '{\n  "models": [{"slug": "mine"}]\n}\n';
    writeFileSync(at.list, mine);
    await expect(setUp(at)).rejects.toThrow(/zenthrex\.models\.json:2:13/);
    expect(readFileSync(at.list, "utf8")).toBe(mine);
    expect(existsSync(at.profile)).toBe(false);
  });
});

describe("zenthrex run codex", () => {
  it("hands the list over as a file of the child's, and the token in the environment only", async () => {
    const at = machine();
    const steps = codex.plan(await codex.detect(at.context), { ...target, through: "child" });
    const file = steps.find((step) => step.kind === "child-file");
    expect(file).toMatchObject({ argument: "-c", setting: "model_catalog_json" });
    expect(JSON.parse(file?.text ?? "")).toEqual({ models: codexModelList(target.model) });
    const words = steps.flatMap((step) => (step.kind === "child-arguments" ? step.args : []));
    expect(words.join(" ")).not.toMatch(/zxl_|model_catalog_json/);
  });
});
