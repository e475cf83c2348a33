import type { TLSSocket } from "node:tls";
import { printable } from "../base/redact.ts";

/** What a certificate says of itself, read while the connection was still open. */
export interface SeenCertificate {
  readonly issuer?: string;
  readonly validTo?: string;
  readonly names?: string;
}

const SHOWN_CHARACTERS = 120;

function shown(value: unknown): string | undefined {
  const text = Array.isArray(value) ? value.join(", ") : value;
  if (typeof text !== "string" || text === "") return undefined;
  return printable(text).slice(0, SHOWN_CHARACTERS);
}

/** Reads the peer's certificate; after an error the socket has none any more. */
export function readCertificate(socket: TLSSocket): SeenCertificate {
  const certificate = socket.getPeerCertificate();
  const issuer = shown(certificate?.issuer?.O) ?? shown(certificate?.issuer?.CN);
  const validTo = shown(certificate?.valid_to);
  const names = shown(certificate?.subjectaltname) ?? shown(certificate?.subject?.CN);
  return { ...(issuer && { issuer }), ...(validTo && { validTo }), ...(names && { names }) };
}

/** OpenSSL's verdicts that people meet, in words. Source: OpenSSL X509_STORE_CTX_get_error(3), Node.js tls documentation. */
const reasons: Readonly<Record<string, (seen: SeenCertificate) => string>> = {
  CERT_HAS_EXPIRED: ({ validTo }) => `its certificate has expired${validTo ? ` (${validTo})` : ""}`,
  CERT_NOT_YET_VALID: () => "its certificate is not valid yet by this machine's clock",
  DEPTH_ZERO_SELF_SIGNED_CERT: () => "its certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: () => "its certificate comes from an authority that this machine doesn't trust",
  UNABLE_TO_GET_ISSUER_CERT: () => "its certificate comes from an authority that this machine doesn't trust",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: () => "its certificate comes from an authority that this machine doesn't trust",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: () =>
    "its certificate comes from an authority that this machine doesn't trust, and whose own it doesn't send along",
  CERT_REVOKED: () => "its certificate was revoked",
  ERR_TLS_CERT_ALTNAME_INVALID: ({ names }) => `its certificate is for another host${names ? ` (${names})` : ""}`,
  ERR_SSL_WRONG_VERSION_NUMBER: () => "it doesn't speak TLS on this port",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: () => "it doesn't speak TLS on this port",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: () => "it speaks only outdated TLS versions",
  ERR_SSL_UNSUPPORTED_PROTOCOL: () => "it speaks only outdated TLS versions",
};

/** Why TLS failed, in words, with the issuer where it is known and the code for those who search. */
export function tlsReason(code: string, seen: SeenCertificate): string {
  const reason = reasons[code]?.(seen) ?? "TLS failed";
  const issuer = seen.issuer === undefined ? "" : `, issued by ${seen.issuer}`;
  return `${reason}${issuer} (${code})`;
}
