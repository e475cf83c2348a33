/** One frame as a byte string: the translation cuts and pastes without decoding. The bytes are mostly a Buffer already. */
export function frameText(bytes: Uint8Array, start: number, end: number): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString("latin1", start, end);
}
