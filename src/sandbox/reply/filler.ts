const sentence =
  "The sandbox has no model behind it, so it only counts: one two three four five six seven eight nine ten. ";

/** Text of exactly this many characters that says nothing. */
export function fillerText(characters: number): string {
  return sentence.repeat(Math.ceil(characters / sentence.length)).slice(0, Math.max(0, characters));
}

/** The n-th short thought. Source: none, it is made up. */
export function fillerThought(count: number): string {
  return Array.from({ length: count }, (_, index) => `Step ${index + 1}: the sandbox pretends to think. `).join("");
}
