import type { Json } from "../../base/json.ts";

/** How new lines are written. Units: columns. */
export interface YamlStyle {
  readonly eol: string;
  readonly unit: number;
}

/** A mapping or list in lines of its own; the first line comes without its indent. */
export function renderBlock(value: Json, indent: number, style: YamlStyle): string {
  const gap = style.eol + " ".repeat(indent);
  if (Array.isArray(value))
    return value.map((item) => `- ${inBlock(item, indent + 2, style) ?? renderFlow(item)}`).join(gap);
  if (typeof value !== "object" || value === null) return renderFlow(value);
  return Object.entries(value)
    .map(([key, item]) => {
      const inner = indent + style.unit;
      const block = inBlock(item, inner, style);
      return `${renderFlow(key)}:${block === undefined ? ` ${renderFlow(item)}` : style.eol + " ".repeat(inner) + block}`;
    })
    .join(gap);
}

/** A value in one line, within brackets where it is no plain one. */
export function renderFlow(value: Json): string {
  if (typeof value === "string") return renderText(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(renderFlow).join(", ")}]`;
  const pairs = Object.entries(value).map(([key, item]) => `${renderFlow(key)}: ${renderFlow(item)}`);
  return `{${pairs.join(", ")}}`;
}

/** Mappings, and lists of them, get lines; whatever else fits into one stays in it. */
function inBlock(value: Json, indent: number, style: YamlStyle): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const hasLines = Array.isArray(value)
    ? value.some((item) => typeof item === "object" && item !== null)
    : Object.keys(value).length > 0;
  return hasLines ? renderBlock(value, indent, style) : undefined;
}

/** Texts that can be nothing else stay bare; JSON's quotes are YAML's double quotes. */
function renderText(text: string): string {
  const isBare = /^[A-Za-z][\w./-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return isBare ? text : JSON.stringify(text).replaceAll("\u007f", "\\x7f");
}
