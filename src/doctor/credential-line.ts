import type { CredentialHeader } from "./types.ts";

/** A secret as the header carries it. */
export function credentialLine(
  header: Exclude<CredentialHeader, "none">,
  secret: string,
): readonly [name: string, value: string] {
  return [header, header === "authorization" ? `Bearer ${secret}` : secret];
}
