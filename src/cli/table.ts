import { displayWidth, oneLine, truncate } from "./format.ts";

/** A column of a table. The first that may shrink gives way when the terminal is too narrow. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  readonly shrinks?: boolean;
}

/** How a table is drawn: `width` in columns (Infinity where nothing is cut), and how its head is painted. */
export interface TableStyle {
  readonly width: number;
  readonly head?: (text: string) => string;
}

const GAP = 2;
const NARROWEST = 6;

/** Aligned columns under their titles, without lines. Cells are foreign text: one line each, no control characters. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: TableStyle,
): string {
  const cells = rows.map((row) => row.map(oneLine));
  const natural = columns.map((column, index) =>
    Math.max(displayWidth(column.title), ...cells.map((row) => displayWidth(row[index] ?? ""))),
  );
  const widths = narrow(columns, natural, style.width);
  const draw = (row: readonly string[]): string =>
    columns
      .map((column, index) => place(row[index] ?? "", widths[index] ?? 0, column.align ?? "left"))
      .join(" ".repeat(GAP))
      .trimEnd();
  const head = draw(columns.map((column) => column.title));
  return [style.head?.(head) ?? head, ...cells.map(draw)].join("\n");
}

/** Label and value in two columns, for facts: `Balance   $4.98`. */
export function renderFacts(
  facts: readonly (readonly [label: string, value: string])[],
  label = (text: string) => text,
): string {
  const width = Math.max(...facts.map(([name]) => displayWidth(name)));
  return facts.map(([name, value]) => `${label(name.padEnd(width))}  ${oneLine(value)}`).join("\n");
}

function narrow(columns: readonly Column[], natural: readonly number[], available: number): number[] {
  const widths = [...natural];
  let over = widths.reduce((sum, width) => sum + width, GAP * (widths.length - 1)) - available;
  for (const [index, column] of columns.entries()) {
    if (over <= 0 || column.shrinks !== true) continue;
    const width = widths[index] ?? 0;
    const cut = Math.min(over, Math.max(0, width - NARROWEST));
    widths[index] = width - cut;
    over -= cut;
  }
  return widths;
}

function place(text: string, width: number, align: "left" | "right"): string {
  const cut = truncate(text, width);
  const blanks = " ".repeat(Math.max(0, width - displayWidth(cut)));
  return align === "left" ? cut + blanks : blanks + cut;
}
