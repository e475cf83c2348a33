/** Two independent 32-bit multiplicative hashes over UTF-16 units. */
function mix(text: string, seed: number): [number, number] {
  let left = 0xdeadbeef ^ seed;
  let right = 0x41c6ce57 ^ seed;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    left = Math.imul(left ^ unit, 0x9e3779b1);
    right = Math.imul(right ^ unit, 0x5f356495);
  }
  left = Math.imul(left ^ (left >>> 16), 0x85ebca6b) ^ Math.imul(right ^ (right >>> 13), 0xc2b2ae35);
  right = Math.imul(right ^ (right >>> 16), 0x85ebca6b) ^ Math.imul(left ^ (left >>> 13), 0xc2b2ae35);
  return [left >>> 0, right >>> 0];
}

const hex = (word: number): string => word.toString(16).padStart(8, "0");

/**
 * A 64-bit hash of a text, the same on every machine: for names and cache keys, not against an attacker.
 * Shape: 16 hexadecimal digits.
 */
export function hashText(text: string): string {
  const [left, right] = mix(text, text.length);
  return hex(left) + hex(right);
}
