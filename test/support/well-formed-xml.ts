/**
 * Says what is wrong with an XML text, or undefined: tags that don't match, attributes without quotes, stray & and <, more than one
 * root. No entities but the five predefined ones and numbers. Source: XML 1.0, productions 1, 10, 14, 39 to 44, 66 to 68.
 */
export function xmlProblem(text: string): string | undefined {
  const name = "[A-Za-z_:][\\w:.-]*";
  const token = new RegExp(
    `<\\?[\\s\\S]*?\\?>|<!DOCTYPE[^>]*>|<!--[\\s\\S]*?-->|<(${name})((?:\\s+${name}\\s*=\\s*"[^"<]*")*)\\s*(/?)>|</(${name})\\s*>|([^<]+)`,
    "y",
  );
  const open: string[] = [];
  let roots = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const found = token.exec(text);
    if (found === null) return `no markup at ${at}: ${text.slice(at, at + 40)}`;
    const [, start, attributes = "", isEmpty, end, content] = found;
    const problem = entityProblem(`${attributes}${content ?? ""}`);
    if (problem !== undefined) return problem;
    if (content !== undefined && open.length === 0 && content.trim() !== "") return `text outside the root: ${content}`;
    if (start !== undefined) {
      if (open.length === 0 && roots++ > 0) return `a second root: ${start}`;
      if (isEmpty === "") open.push(start);
    }
    if (end !== undefined && open.pop() !== end) return `</${end}> closes something else`;
  }
  return open.length > 0 ? `${open.join(", ")} not closed` : roots === 1 ? undefined : "no root";
}

function entityProblem(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what XML can't hold
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text)) return "a control character";
  return /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-f]+);)/i.test(text) ? `a stray & in ${text}` : undefined;
}
