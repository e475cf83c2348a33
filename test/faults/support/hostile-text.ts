import type { SeededRandom } from "../../support/seeded-random.ts";

/** A request that two readers could take for two different ones. Shape: `name`, and its bytes for a port and a credential. */
export interface SmugglingVector {
  readonly name: string;
  /** Refused by the parser or the gate; otherwise it is one request and nothing behind it. */
  readonly isRefused: boolean;
  bytes(port: number, credential: string): string;
}

/** What would be smuggled: it has a credential of its own, so that nothing but the form of the request keeps it out. */
function smuggled(port: number, credential: string): string {
  const body = '{"model":"claude-haiku-4-5","max_tokens":1,"messages":[],"smuggled":true}';
  return (
    `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n${credential}\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`
  );
}

const outer = '{"model":"claude-haiku-4-5","max_tokens":1,"messages":[]}';

type Build = (port: number, credential: string) => string;

function request(lines: (inside: string) => string, payload: (inside: string) => string, version = "HTTP/1.1"): Build {
  return (port, credential) => {
    const inside = smuggled(port, credential);
    return (
      `POST /v1/messages ${version}\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n${credential}\r\n` +
      `${lines(inside)}\r\n${payload(inside)}`
    );
  };
}

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const chunkedOuter = `${chunk(outer)}0\r\n\r\n`;
const lengthOf = (text: string): string => `Content-Length: ${text.length}\r\n`;
const headerVector = (name: string, header: string): SmugglingVector => ({
  name,
  isRefused: true,
  bytes: request(
    () => header,
    (inside) => chunkedOuter + inside,
  ),
});

/** The known ways: two lengths, a length and chunks, odd names and values of the encoding, odd line ends, odd chunks. */
export const smugglingVectors: readonly SmugglingVector[] = [
  headerVector("a length before chunked", `${lengthOf(outer)}Transfer-Encoding: chunked\r\n`),
  headerVector("a length behind chunked", `Transfer-Encoding: chunked\r\n${lengthOf(outer)}`),
  headerVector("a length of nothing and chunked", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
  headerVector("chunked twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
  headerVector("chunked, and identity", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
  headerVector("identity, and chunked", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"),
  headerVector("chunked, chunked", "Transfer-Encoding: chunked, chunked\r\n"),
  headerVector("chunked, identity", "Transfer-Encoding: chunked, identity\r\n"),
  headerVector("identity, chunked", "Transfer-Encoding: identity, chunked\r\n"),
  headerVector("gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n"),
  headerVector("xchunked", "Transfer-Encoding: xchunked\r\n"),
  headerVector("chunkedx", "Transfer-Encoding: chunkedx\r\n"),
  headerVector("chunked in quotes", 'Transfer-Encoding: "chunked"\r\n'),
  headerVector("chunked with a parameter", "Transfer-Encoding: chunked;q=1\r\n"),
  headerVector("chunked behind a vertical tab", "Transfer-Encoding: \u000bchunked\r\n"),
  headerVector("chunked behind a line fold", "Transfer-Encoding:\r\n chunked\r\n"),
  headerVector("a blank before the colon", "Transfer-Encoding : chunked\r\n"),
  headerVector("a tab before the colon", "Transfer-Encoding\t: chunked\r\n"),
  headerVector("a NUL in the name", "Transfer-Enco\u0000ding: chunked\r\n"),
  headerVector("a bare carriage return", "X: y\rTransfer-Encoding: chunked\r\n"),
  headerVector("a bare line feed", `X: y\nTransfer-Encoding: chunked\r\n${lengthOf(outer)}`),
  headerVector("a header line that begins with a blank", " Transfer-Encoding: chunked\r\n"),
  headerVector("two equal lengths", `${lengthOf(outer)}${lengthOf(outer)}`),
  headerVector("two different lengths", `${lengthOf(outer)}Content-Length: 0\r\n`),
  headerVector("two lengths in one line", `Content-Length: ${outer.length}, ${outer.length}\r\n`),
  headerVector("a signed length", `Content-Length: +${outer.length}\r\n`),
  headerVector("a negative length", "Content-Length: -1\r\n"),
  headerVector("a hexadecimal length", "Content-Length: 0x10\r\n"),
  headerVector("a length with a blank inside", "Content-Length: 5 7\r\n"),
  headerVector("a length too long for a number", "Content-Length: 99999999999999999999\r\n"),
  {
    name: "a chunk size that overflows",
    isRefused: true,
    bytes: request(
      () => "Transfer-Encoding: chunked\r\n",
      (inside) => `10000000000000002\r\n{}\r\n0\r\n\r\n${inside}`,
    ),
  },
  {
    name: "a chunk size with a sign",
    isRefused: true,
    bytes: request(
      () => "Transfer-Encoding: chunked\r\n",
      (inside) => `+2\r\n{}\r\n0\r\n\r\n${inside}`,
    ),
  },
  {
    name: "a chunk longer than it says",
    isRefused: true,
    bytes: request(
      () => "Transfer-Encoding: chunked\r\n",
      (inside) => `2\r\n{"a":1}\r\n0\r\n\r\n${inside}`,
    ),
  },
  {
    name: "the other request inside of the body",
    isRefused: false,
    bytes: request(lengthOf, (inside) => inside),
  },
  {
    name: "the other request inside of a chunk",
    isRefused: false,
    bytes: request(
      () => "Transfer-Encoding: chunked\r\n",
      (inside) => `${chunk(inside)}0\r\n\r\n`,
    ),
  },
];

/** Requests that nothing is wrong with, to be spoilt: by length, in one chunk, in many. */
export function soundRequests(port: number, credential: string): readonly string[] {
  const byLength = request(
    () => lengthOf(outer),
    () => outer,
  );
  const chunkedBy = (size: number): Build =>
    request(
      () => "Transfer-Encoding: chunked\r\n",
      () => `${(outer.match(new RegExp(`.{1,${size}}`, "g")) ?? []).map(chunk).join("")}0\r\n\r\n`,
    );
  return [byLength, chunkedBy(100), chunkedBy(7)].map((build) => build(port, credential));
}

const tokens = [
  ..."\0\t\n\r :,;\"'\\/%\u007f\u0080\u00ff",
  "\r\n",
  "\r\n\r\n",
  "0\r\n\r\n",
  "chunked",
  "Content-Length: 5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Host: evil.example\r\n",
  "Expect: 100-continue\r\n",
  "Connection: close, x-api-key\r\n",
  "Upgrade: h2c\r\n",
  "HTTP/1.0",
  "POST /v1/messages HTTP/1.1\r\n",
];

/** Changes a text in up to four places: cut out, doubled, replaced, something put in, a part moved. */
export function mutate(text: string, random: SeededRandom): string {
  let changed = text;
  for (let count = 1 + random.below(4); count > 0; count--) {
    const at = random.below(changed.length + 1);
    const length = 1 + random.below(12);
    const before = changed.slice(0, at);
    const part = changed.slice(at, at + length);
    const behind = changed.slice(at + length);
    changed = random.one([
      () => before + behind,
      () => before + part + part + behind,
      () => before + random.one(tokens) + part + behind,
      () => before + random.one(tokens) + behind,
      () => before + random.text(length) + behind,
      () => behind + part + before,
      () => before + part.split("").reverse().join("") + behind,
    ])();
  }
  return changed;
}
