/** Some character that is not white space. Anthropic: "text content blocks must contain non-whitespace text". */
const VISIBLE = /\S/;

/** True for a text that is empty or white space only: as a block of its own it is a 400. */
export function isBlank(text: string): boolean {
  return !VISIBLE.test(text);
}
