import { keyVendor } from "../../../config/key.ts";
import type { CredentialKind } from "../types.ts";

/** Whose a credential is, by its beginning. */
export function credentialKind(text: string): CredentialKind {
  const trimmed = text.trim();
  if (trimmed.startsWith("zxl_")) return "local-token";
  if (trimmed.startsWith("zk_")) return "hosted-key";
  return keyVendor(trimmed) === undefined ? "unknown" : "other-vendor";
}
