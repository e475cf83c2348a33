import { keyVariable } from "../config/key.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What a daemon needs of a shell: paths, language, company proxy, certificates. Other programs' secrets are not among them. */
const NEEDED = new Set([
  ...["PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF"],
  ...["NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "NODE_USE_SYSTEM_CA", "NODE_COMPILE_CACHE", "NODE_DISABLE_COMPILE_CACHE"],
  ...["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"],
  ...[
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "PROGRAMDATA",
    "USERPROFILE",
    "HOMEDRIVE",
    "HOMEPATH",
  ],
  ...["APPDATA", "LOCALAPPDATA"],
]);

/**
 * The environment of a daemon in the background: what it needs of the shell's and nothing else. `ZENTHREX_KEY` goes along, because
 * whoever keeps the key there has no other place for it; not so for a sandbox, which has a key of its own.
 */
export function daemonEnvironment(env: Environment, isSandbox: boolean): Record<string, string> {
  const kept = Object.entries(env).filter((entry): entry is [string, string] => {
    const name = entry[0].toUpperCase();
    if (entry[1] === undefined || (isSandbox && name === keyVariable)) return false;
    return NEEDED.has(name) || /^(LC|XDG|ZENTHREX)_/.test(name);
  });
  return Object.fromEntries(kept);
}
