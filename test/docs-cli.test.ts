import { describe, expect, it } from "vitest";
import { commandGroups } from "../src/cli/commands/registry.ts";
import { renderCliDocs } from "./support/render-docs.ts";

describe("docs/cli.md", () => {
  it("is what the command registry says", async () => {
    await expect(await renderCliDocs(commandGroups)).toMatchFileSnapshot("../docs/cli.md");
  });
});
