import { describe, expect, it } from "vitest";
import { resolveModel } from "../../src/catalog/resolve-model.ts";

describe("resolveModel", () => {
  it.each([
    ["claude-opus-4-7", "claude-opus-4-7"],
    ["claude-opus-4-7-1m", "claude-opus-4-7-1m"],
    ["claude-haiku-4-5", "claude-haiku-4-5"],
    ["claude-opus-4-6", "claude-opus-4-6"],
    ["Claude-Opus-4-7", "claude-opus-4-7"],
    ["gpt-4o", "claude-opus-4-7"],
    ["gpt-4", "claude-opus-4-7"],
    ["gpt-4o-mini", "claude-haiku-4-5"],
    ["gpt-3.5-turbo", "claude-haiku-4-5"],
    ["GPT-4o", "claude-opus-4-7"],
    ["opus", "claude-opus-4-7"],
    ["haiku", "claude-haiku-4-5"],
    ["claude-opus-4-7[1m]", "claude-opus-4-7-1m"],
    ["opus[1m]", "claude-opus-4-7-1m"],
    ["claude-haiku-4-5-20251001", "claude-haiku-4-5"],
    ["anthropic/claude-opus-4-7", "claude-opus-4-7"],
  ])("knows %s as %s, without a warning", (name, id) => {
    expect(resolveModel(name)).toEqual({ kind: "model", id });
  });

  it.each([
    ["claude-opus-5-5", "claude-opus-4-7"],
    ["claude-haiku-5-5", "claude-haiku-4-5"],
    ["claude-3-5-haiku-latest", "claude-haiku-4-5"],
    ["claude-sonnet-4-5-20250929", "claude-opus-4-7"],
    ["claude-fable-5-2", "claude-opus-4-7"],
    ["sonnet", "claude-opus-4-7"],
    ["claude-sonnet-4-6", "claude-opus-4-7"],
  ])("takes the tier's default for %s and says so", (name, id) => {
    const resolved = resolveModel(name);
    expect(resolved).toMatchObject({ kind: "model", id });
    expect(resolved.kind === "model" && resolved.warning).toContain(name);
  });

  it("uses the undocumented Sonnet once the live list has it", () => {
    const live = ["claude-sonnet-4-6"];
    expect(resolveModel("sonnet", { live })).toEqual({ kind: "model", id: "claude-sonnet-4-6" });
    expect(resolveModel("claude-sonnet-4-6", { live })).toEqual({ kind: "model", id: "claude-sonnet-4-6" });
  });

  it("uses the configured Sonnet default", () => {
    expect(resolveModel("sonnet", { sonnetDefault: "claude-haiku-4-5" })).toMatchObject({ id: "claude-haiku-4-5" });
  });

  it("lets the user's alias win over everything", () => {
    const aliases = { "claude-opus-4-7": "claude-haiku-4-5", fast: "claude-haiku-4-5" };
    expect(resolveModel("claude-opus-4-7", { aliases })).toEqual({ kind: "model", id: "claude-haiku-4-5" });
    expect(resolveModel("Fast", { aliases })).toEqual({ kind: "model", id: "claude-haiku-4-5" });
  });

  it.each(["constructor", "__proto__", "toString", "hasOwnProperty"])("takes %s for no alias", (name) => {
    expect(resolveModel(name, { aliases: {} })).toMatchObject({ kind: "unknown" });
  });

  it("lists what there is for a name that means nothing, and guesses a typing error", () => {
    const resolved = resolveModel("gpt-4p");
    expect(resolved).toMatchObject({ kind: "unknown", suggestion: "gpt-4o" });
    expect(resolved.kind === "unknown" && resolved.known).toContain("claude-opus-4-7");
    expect(resolveModel("llama-3-70b")).toMatchObject({ kind: "unknown" });
  });
});
