import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";

/** Node's own authorities and further ones. Shape: PEM texts. */
export function trustedBy(ca: readonly string[] | undefined): SecureContext {
  return createSecureContext(ca !== undefined && ca.length > 0 ? { ca: [...rootCertificates, ...ca] } : {});
}
