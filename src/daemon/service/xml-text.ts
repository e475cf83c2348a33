// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what XML 1.0 has no place for
const UNHEARD_OF = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as XML content or as a value in double quotes; characters that XML has no place for are left out. */
export function xmlText(text: string): string {
  return text.replace(UNHEARD_OF, "").replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
