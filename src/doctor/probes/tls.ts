import { printable } from "../../base/redact.ts";
import { tlsReason } from "../../upstream/certificate-reason.ts";
import { isLoopbackHost } from "../../upstream/origin.ts";
import type { CauseCode } from "../causes.ts";
import { authorityFileProblem } from "../net/authority-file.ts";
import { describePlain, plainAnswer } from "../net/spoken-scheme.ts";
import type { Way } from "../net/way.ts";
import type { Fix, Probe, ProbeContext, ProbeResult } from "../types.ts";
import { unsetUpstream } from "../unset-upstream.ts";

const CAUSES: Readonly<Record<string, CauseCode>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "tls-self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "tls-inspection",
  UNABLE_TO_GET_ISSUER_CERT: "tls-inspection",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "tls-inspection",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "tls-inspection",
  CERT_HAS_EXPIRED: "tls-expired",
  CERT_NOT_YET_VALID: "clock-skew",
  ERR_TLS_CERT_ALTNAME_INVALID: "tls-wrong-host",
  ERR_SSL_WRONG_VERSION_NUMBER: "tls-not-spoken",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "tls-not-spoken",
  EPROTO: "tls-not-spoken",
};

/** What a certificate of an authority that isn't known here fails with. */
const UNKNOWN_AUTHORITY = new Set(
  Object.keys(CAUSES).filter((code) => ["tls-inspection", "tls-self-signed"].includes(CAUSES[code] ?? "")),
);

/** A clock that is less wrong than this breaks no certificate. */
const SKEW_MS = 60 * 60 * 1000;

const tls: Probe = {
  code: "tls",
  title: "TLS",
  dependsOn: ["connect"],
  scope: "both",
  async run(context) {
    const { target } = context;
    const way = await context.way(target.origin);
    const step = way.tls;
    if (step.state === "untried") {
      const isPlain = target.origin.startsWith("http:");
      return {
        status: isPlain ? "pass" : "skip",
        finding: isPlain ? "none: plain http on this machine" : "not come to",
      };
    }
    const { seen } = step;
    if (step.state === "ok") {
      const issuer = seen?.issuer === undefined ? "" : `, issued by ${seen.issuer}`;
      return { status: "pass", finding: `${seen?.protocol ?? "TLS"}${issuer}, valid to ${seen?.validTo ?? "?"}` };
    }
    return broken(context, way, step.code, step.message);
  },
};

export default tls;

async function broken(context: ProbeContext, way: Way, code: string, message: string): Promise<ProbeResult> {
  const { host, hostname } = new URL(way.origin);
  const seen = way.tls.state === "failed" ? (way.tls.seen ?? {}) : {};
  const evidence = [
    ...(seen.issuer === undefined ? [] : [`issued by ${seen.issuer}`]),
    ...(seen.names === undefined ? [] : [`for ${seen.names}`]),
    ...(seen.validTo === undefined ? [] : [`valid from ${seen.validFrom ?? "?"} to ${seen.validTo}`]),
  ];
  const skew = skewOf(context, way);
  if (skew !== undefined) return skew;
  // Who is silent to TLS is so to all else: the run would only take longer.
  const isOpen = seen.validTo === undefined && code !== "ETIMEDOUT";
  const plain = isOpen ? await plainInstead(context, way, code) : undefined;
  if (plain !== undefined) return plain;
  const file = authorityFileProblem(context.env);
  if (file !== undefined && UNKNOWN_AUTHORITY.has(code)) {
    return {
      status: "fail",
      cause: "authority-file",
      finding: `${file}: so ${host}'s authority isn't known here (${tlsReason(code, seen)})`,
      evidence,
      fix: { command: "zenthrex config set network.caFile <the company's certificate, a PEM file>" },
    };
  }
  const cause = code === "CERT_NOT_YET_VALID" ? "tls-expired" : (CAUSES[code] ?? "tls-failed");
  const reason = CAUSES[code] === undefined ? `TLS fails (${code || printable(message)})` : tlsReason(code, seen);
  return {
    status: "fail",
    cause,
    finding: `${host}: ${reason}`,
    evidence,
    fix: fixOf(cause, context, hostname, host),
  };
}

/** A port that answers in plain http: by itself, or because a network or a proxy puts its own page there. */
async function plainInstead(context: ProbeContext, way: Way, code: string): Promise<ProbeResult | undefined> {
  const { host, hostname } = new URL(way.origin);
  const isSaid = CAUSES[code] === "tls-not-spoken";
  if (way.proxy.state === "ok") {
    if (!isSaid) return undefined;
    return {
      status: "fail",
      cause: "proxy-blocked",
      finding: `${host}: what comes through the tunnel of the company proxy ${way.proxy.authority} (${way.proxy.variable}) is no TLS (${code}): the proxy answers in its place, perhaps with a login page`,
      fix: {
        command:
          way.proxy.variable?.includes(".") === true
            ? `zenthrex config unset ${way.proxy.variable}`
            : `unset ${way.proxy.variable}`,
      },
    };
  }
  const answer = await plainAnswer(way.origin, context);
  if (answer === undefined) return undefined;
  const { said, isLogin } = describePlain(answer);
  const isPortal = isLogin && !isLoopbackHost(hostname);
  return {
    status: "fail",
    cause: isPortal ? "captive-portal" : "tls-not-spoken",
    finding: isPortal
      ? `${host} doesn't speak TLS here (${code}) and answers plain http (${said}): a login page of the network stands between`
      : `${host}: it doesn't speak TLS on this port (${code}), but plain http (${said})`,
    fix: isPortal ? { command: `xdg-open http://${hostname}` } : fixOf("tls-not-spoken", context, hostname, host),
  };
}

/** The host's own time decides whether the clock here or the certificate there is wrong. */
function skewOf({ clock }: ProbeContext, way: Way): ProbeResult | undefined {
  if (way.hostTimeMs === undefined || way.tls.state !== "failed") return undefined;
  const offMs = clock.now() - way.hostTimeMs;
  if (Math.abs(offMs) < SKEW_MS) return undefined;
  const here = new Date(clock.now()).toISOString().slice(0, 16);
  const there = new Date(way.hostTimeMs).toISOString().slice(0, 16);
  return {
    status: "fail",
    cause: "clock-skew",
    finding: `this machine's clock says ${here}, ${new URL(way.origin).host} says ${there}: certificates look out of date`,
    evidence: [`TLS: ${way.tls.code}`],
    fix: { command: "sudo timedatectl set-ntp true" },
  };
}

function fixOf(cause: CauseCode, context: ProbeContext, hostname: string, host: string): Fix {
  const { target, settings } = context;
  switch (cause) {
    case "tls-inspection":
    case "tls-self-signed":
      return { command: "zenthrex config set network.caFile <the company's certificate, a PEM file>" };
    case "tls-not-spoken":
      if (target.kind === "setup" && settings.upstream.from === "config file" && isLoopbackHost(hostname)) {
        return { command: `zenthrex config set upstream http://${host}` };
      }
      return target.kind === "setup" && settings.upstream.from === "environment"
        ? { command: `export ZENTHREX_UPSTREAM=http://${host}` }
        : { command: `zenthrex doctor --url http://${host}` };
    case "tls-wrong-host":
      return unsetUpstream(context, `getent hosts ${hostname}`);
    default:
      return {
        command: `openssl s_client -connect ${host.includes(":") ? host : `${host}:443`} -servername ${hostname} </dev/null`,
      };
  }
}
