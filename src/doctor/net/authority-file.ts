import { readFileSync } from "node:fs";
import { errorCode } from "../../base/error-code.ts";

/**
 * What is wrong with the file that NODE_EXTRA_CA_CERTS names, in words; undefined where nothing is, or nothing is named. Node itself
 * only warns of it once, at its start. Source: Node.js documentation of NODE_EXTRA_CA_CERTS: PEM certificates.
 */
export function authorityFileProblem(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const file = env["NODE_EXTRA_CA_CERTS"];
  if (file === undefined || file === "") return undefined;
  try {
    const text = readFileSync(file, "latin1");
    if (/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(text)) return undefined;
    return `NODE_EXTRA_CA_CERTS names ${file}, which holds no PEM certificate`;
  } catch (error) {
    const code = errorCode(error);
    return `NODE_EXTRA_CA_CERTS names ${file}, which ${code === "ENOENT" ? "isn't there" : `can't be read (${code ?? "unknown error"})`}`;
  }
}
