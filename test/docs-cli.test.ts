import { describe, expect, it } from "vitest";
import { commands } from "../src/cli/commands/registry.ts";
import { renderCliDocs } from "./support/render-docs.ts";

describe("docs/cli.md", () => {
  it("is what the command registry says", async () => {
    await expect(await renderCliDocs(commands)).toMatchFileSnapshot("../docs/cli.md");
  });
});
