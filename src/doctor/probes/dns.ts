import { hostedOrigin } from "../../catalog/endpoints.ts";
import { kinshipOf } from "../../catalog/host-kinship.ts";
import type { Probe, ProbeContext, ProbeResult } from "../types.ts";

const dns: Probe = {
  code: "dns",
  title: "Host name",
  dependsOn: ["proxy"],
  scope: "both",
  async run(context) {
    const { target } = context;
    if (!URL.canParse(target.origin)) {
      return { status: "fail", cause: "base-url-invalid", finding: `${target.origin} is no URL` };
    }
    const { hostname } = new URL(target.origin);
    const mistaken = mistakenHost(context, hostname);
    if (mistaken !== undefined) return mistaken;
    const way = await context.way(target.origin);
    const step = way.dns;
    if (step.state === "ok") return { status: "pass", finding: `${hostname} is ${step.value.join(", ")}` };
    if (step.state === "untried") return { status: "pass", finding: `${hostname} is looked up by the proxy` };
    return unresolved(hostname, step.code);
  },
};

export default dns;

/** A name that is nearly right, or another vendor's, is wrong whether it can be resolved or not. */
function mistakenHost({ target, settings }: ProbeContext, hostname: string): ProbeResult | undefined {
  const kinship = kinshipOf(hostname);
  const fix = { command: fixCommand(settings.upstream.from, target.kind) };
  if (kinship.kind === "near") {
    return {
      status: "fail",
      cause: "dns-near-miss",
      finding: `the host ${hostname} is not the hosted API's: it is ${kinship.meant}`,
      evidence: ["the key was not sent there: whoever owns a near name would keep it"],
      fix,
    };
  }
  if (kinship.kind !== "vendor" || target.kind === "url") return undefined;
  return {
    status: "fail",
    cause: "base-url-host",
    finding: `the upstream ${hostname} is ${kinship.vendor}'s: a zk_ key is worth nothing there, ${hostedOrigin} is right`,
    evidence: ["the key was not sent there"],
    fix,
  };
}

function fixCommand(from: string, kind: "setup" | "url"): string {
  if (kind === "url") return `zenthrex doctor --url ${hostedOrigin}`;
  return from === "environment" ? "unset ZENTHREX_UPSTREAM" : "zenthrex config unset upstream";
}

function unresolved(hostname: string, code: string): ProbeResult {
  const isUnknown = code === "ENOTFOUND" || code === "ENODATA";
  if (isUnknown) {
    const isHosted = kinshipOf(hostname).kind === "hosted";
    return {
      status: "fail",
      cause: isHosted ? "dns-failed" : "dns-unknown",
      finding: isHosted
        ? `the name server here doesn't know ${hostname} (${code}): a VPN, a filter or no network`
        : `there is no host ${hostname} (${code})`,
      fix: { command: isHosted ? `getent hosts ${hostname}` : "zenthrex config unset upstream" },
    };
  }
  return {
    status: "fail",
    cause: "dns-failed",
    finding: `the name server didn't answer for ${hostname} (${code || "no code"}): check the network or the VPN`,
    fix: { command: `getent hosts ${hostname}` },
  };
}
