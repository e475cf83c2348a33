import { describe, expect, it } from "vitest";
import { renderFacts, renderTable } from "../../src/cli/table.ts";

const columns = [
  { title: "Model", shrinks: true },
  { title: "Spent", align: "right" as const },
];
const rows = [
  ["claude-opus-4-7", "$2.41"],
  ["a-model-with-a-very-long-name-indeed", "$10.07"],
];

describe("renderTable", () => {
  it("aligns columns under their titles, without blanks at the ends", () => {
    expect(renderTable(columns, rows, { width: Number.POSITIVE_INFINITY })).toBe(
      [
        "Model                                  Spent",
        "claude-opus-4-7                        $2.41",
        "a-model-with-a-very-long-name-indeed  $10.07",
      ].join("\n"),
    );
  });

  it("cuts what may shrink when the terminal is narrower, and nothing else", () => {
    const lines = renderTable(columns, rows, { width: 30 }).split("\n");
    expect(lines[2]).toBe("a-model-with-a-very-l…  $10.07");
    expect(lines.every((line) => line.length <= 30)).toBe(true);
    expect(renderTable(columns, rows, { width: 1 }).split("\n")[2]).toBe("a-mod…  $10.07");
  });

  it("takes control characters out of every cell [T20]", () => {
    const table = renderTable(columns, [["evil\u001b[2J\nmodel", "1"]], { width: 80 });
    expect(table).not.toContain("\u001b");
    expect(table.split("\n")).toHaveLength(2);
  });

  it("paints the head only", () => {
    const table = renderTable(columns, rows, { width: 80, head: (text) => `<${text}>` });
    expect(table.split("\n")[0]).toMatch(/^<Model.*Spent>$/);
  });
});

describe("renderFacts", () => {
  it("aligns labels and values", () => {
    expect(
      renderFacts([
        ["Balance", "$1"],
        ["Key", "zk_...\n1234"],
      ]),
    ).toBe("Balance  $1\nKey      zk_... 1234");
  });
});
