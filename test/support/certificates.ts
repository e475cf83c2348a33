import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** PEM texts of a server. */
export interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
}

/** A private authority and certificates of every kind that a client must tell apart. */
export interface TestCertificates {
  readonly ca: string;
  /** For upstream.test, localhost and 127.0.0.1, valid. */
  readonly good: ServerCertificate;
  readonly expired: ServerCertificate;
  readonly notYetValid: ServerCertificate;
  /** For other.test. */
  readonly otherHost: ServerCertificate;
  readonly selfSigned: ServerCertificate;
}

/** Name that the authority gives itself. */
export const testAuthority = "Zenthrex Test Authority";

const CONFIG = `
[ca]
default_ca = test
[test]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
organizationName = optional
[req]
distinguished_name = name
prompt = no
[name]
CN = unused
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
`;

const program = "openssl";

/** True where the openssl command can be run. */
export function hasOpenssl(): boolean {
  try {
    execFileSync(program, ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Makes the authority and its certificates with the openssl command, in a directory that is gone afterwards. */
export function makeCertificates(): TestCertificates {
  const directory = mkdtempSync(join(tmpdir(), "zenthrex-tls-"));
  const openssl = (...args: string[]): void => {
    execFileSync(program, args, { cwd: directory, stdio: ["ignore", "ignore", "pipe"] });
  };
  const read = (name: string): string => readFileSync(join(directory, name), "utf8");
  const request = (name: string, subject: string, ...more: string[]): void => {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", `${name}.key`];
    openssl("req", "-config", "config", "-new", ...key, "-subj", subject, ...more);
  };
  const issue = (name: string, host: string, start: string, end: string): ServerCertificate => {
    const names = `subjectAltName=DNS:${host},DNS:localhost,IP:127.0.0.1`;
    const alternatives = host === "other.test" ? "subjectAltName=DNS:other.test" : names;
    request(name, `/CN=${host}`, "-addext", alternatives, "-out", `${name}.csr`);
    const dates = ["-startdate", start, "-enddate", end];
    openssl(
      "ca",
      "-config",
      "config",
      "-batch",
      "-notext",
      "-keyfile",
      "ca.key",
      "-cert",
      "ca.pem",
      ...dates,
      "-in",
      `${name}.csr`,
      "-out",
      `${name}.pem`,
    );
    return { key: read(`${name}.key`), cert: read(`${name}.pem`) };
  };
  try {
    writeFileSync(join(directory, "config"), CONFIG);
    writeFileSync(join(directory, "index.txt"), "");
    writeFileSync(join(directory, "serial"), "01\n");
    const authority = ["-x509", "-days", "3650", "-extensions", "authority", "-out", "ca.pem"];
    request("ca", `/O=${testAuthority}/CN=${testAuthority} Root`, ...authority);
    request(
      "self",
      "/CN=upstream.test",
      "-x509",
      "-days",
      "3650",
      "-addext",
      "subjectAltName=DNS:upstream.test",
      "-out",
      "self.pem",
    );
    return {
      ca: read("ca.pem"),
      good: issue("good", "upstream.test", "20200101000000Z", "20491231000000Z"),
      expired: issue("expired", "upstream.test", "20200101000000Z", "20200201000000Z"),
      notYetValid: issue("early", "upstream.test", "20450101000000Z", "20491231000000Z"),
      otherHost: issue("other", "other.test", "20200101000000Z", "20491231000000Z"),
      selfSigned: { key: read("self.key"), cert: read("self.pem") },
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
