/** Width and height of an image. Units: pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** A JPEG may carry 64 KB segments (EXIF, colour profiles) before its size: this many base64 characters are looked at. */
const imagePrefixCharacters = 512 * 1024;

/** Decodes base64 into a string of bytes; undefined where it isn't base64. */
function decode(base64: string): string | undefined {
  try {
    return atob(base64);
  } catch {
    return undefined;
  }
}

const big16 = (bytes: string, at: number): number => (bytes.charCodeAt(at) << 8) | bytes.charCodeAt(at + 1);
const little16 = (bytes: string, at: number): number => bytes.charCodeAt(at) | (bytes.charCodeAt(at + 1) << 8);
const little24 = (bytes: string, at: number): number => little16(bytes, at) | (bytes.charCodeAt(at + 2) << 16);

function pngSize(bytes: string): ImageSize | undefined {
  if (bytes.length < 24) return undefined;
  const width = big16(bytes, 16) * 65_536 + big16(bytes, 18);
  const height = big16(bytes, 20) * 65_536 + big16(bytes, 22);
  return { width, height };
}

/** Walks the segments of a JPEG up to the start-of-frame marker (C0..CF but for C4, C8 and CC), which has the size. */
function jpegSize(bytes: string): ImageSize | undefined {
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes.charCodeAt(at) !== 0xff) return undefined;
    const marker = bytes.charCodeAt(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { height: big16(bytes, at + 5), width: big16(bytes, at + 7) };
    at += 2 + Math.max(2, big16(bytes, at + 2));
  }
  return undefined;
}

/** Source: RFC 9649 (WebP): the three kinds of first chunk. */
function webpSize(bytes: string): ImageSize | undefined {
  if (bytes.length < 30) return undefined;
  const chunk = bytes.slice(12, 16);
  if (chunk === "VP8X") return { width: little24(bytes, 24) + 1, height: little24(bytes, 27) + 1 };
  if (chunk === "VP8 ") return { width: little16(bytes, 26) & 0x3fff, height: little16(bytes, 28) & 0x3fff };
  if (chunk !== "VP8L") return undefined;
  const low = little16(bytes, 21);
  const high = little16(bytes, 23);
  return { width: (low & 0x3fff) + 1, height: (((high << 2) | (low >> 14)) & 0x3fff) + 1 };
}

/** The media type that the first bytes of an image show, whatever it was declared as; undefined for anything else. */
export function imageTypeOfBase64(base64: string): string | undefined {
  const bytes = decode(base64.slice(0, 32)) ?? "";
  if (bytes.startsWith("\x89PNG")) return "image/png";
  if (bytes.startsWith("\xff\xd8")) return "image/jpeg";
  if (bytes.startsWith("GIF8")) return "image/gif";
  if (bytes.startsWith("RIFF") && bytes.slice(8, 12) === "WEBP") return "image/webp";
  return undefined;
}

/** The size of a PNG, JPEG, GIF or WebP image from its first bytes; undefined where it can't be read. */
export function imageSizeOfBase64(base64: string): ImageSize | undefined {
  const type = imageTypeOfBase64(base64);
  if (type === undefined) return undefined;
  const bytes = decode(base64.slice(0, imagePrefixCharacters)) ?? "";
  if (type === "image/png") return pngSize(bytes);
  if (type === "image/jpeg") return jpegSize(bytes);
  if (type === "image/webp") return webpSize(bytes);
  return bytes.length < 10 ? undefined : { width: little16(bytes, 6), height: little16(bytes, 8) };
}

/**
 * Pages of a PDF: its page objects counted, or, where they are compressed away, one for every 50 KB.
 * Shape: at least 1.
 */
export function pdfPagesOfBase64(base64: string): number {
  const bytes = decode(base64);
  const counted = bytes?.match(/\/Type\s*\/Page(?![A-Za-z])/g)?.length ?? 0;
  return Math.max(1, counted > 0 ? counted : Math.ceil((base64.length * 0.75) / 50_000));
}
