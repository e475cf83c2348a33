import { isIP } from "node:net";
import { hostedOrigin } from "../../catalog/endpoints.ts";
import { kinshipOf } from "../../catalog/host-kinship.ts";
import { isLoopbackHost } from "../../upstream/origin.ts";
import type { Way } from "../net/way.ts";
import type { Fix, Probe, ProbeContext, ProbeResult } from "../types.ts";
import { unsetUpstream } from "../unset-upstream.ts";

const dns: Probe = {
  code: "dns",
  title: "Host name",
  dependsOn: ["proxy"],
  scope: "both",
  async run(context) {
    const { target } = context;
    // "localhost:8000" can be parsed too: with a scheme of its own.
    if (!URL.canParse(target.origin) || !/^https?:$/.test(new URL(target.origin).protocol)) {
      return {
        status: "fail",
        cause: "base-url-invalid",
        finding: `${target.origin} is no URL`,
        ...schemeFor(target.origin),
      };
    }
    const { hostname } = new URL(target.origin);
    const mistaken = mistakenHost(context, hostname);
    if (mistaken !== undefined) return mistaken;
    const way = await context.way(target.origin);
    const step = way.dns;
    const misled = step.state === "ok" ? misledTo(hostname, step.value, way) : undefined;
    if (misled !== undefined) return misled;
    if (step.state === "ok") return { status: "pass", finding: `${hostname} is ${step.value.join(", ")}` };
    if (step.state === "untried") return { status: "pass", finding: `${hostname} is looked up by the proxy` };
    return unresolved(hostname, step.code, context);
  },
};

export default dns;

/** What is an address but for its scheme: plain http for this machine, https for all else. */
function schemeFor(text: string): { readonly fix?: Fix } {
  if (!/^[\w.-]+(:\d+)?(\/|$)/.test(text) || !URL.canParse(`https://${text}`)) return {};
  const scheme = isLoopbackHost(new URL(`https://${text}`).hostname) ? "http" : "https";
  return { fix: { command: `zenthrex doctor --url ${scheme}://${text}` } };
}

/** A name that is nearly right, or another vendor's, is wrong whether it can be resolved or not. */
function mistakenHost(context: ProbeContext, hostname: string): ProbeResult | undefined {
  const kinship = kinshipOf(hostname);
  const fix = unsetUpstream(context);
  if (kinship.kind === "hosted" && hostname.endsWith(".")) {
    return {
      status: "fail",
      cause: "dns-near-miss",
      finding: `the host ${hostname} ends in a dot: it is ${hostname.slice(0, -1)}`,
      fix,
    };
  }
  if (kinship.kind === "near") {
    return {
      status: "fail",
      cause: "dns-near-miss",
      finding: `the host ${hostname} is not the hosted API's: it is ${kinship.meant}`,
      evidence: ["the key was not sent there: whoever owns a near name would keep it"],
      fix,
    };
  }
  if (kinship.kind !== "vendor" || context.target.kind === "url") return undefined;
  return {
    status: "fail",
    cause: "base-url-host",
    finding: `the upstream ${hostname} is ${kinship.vendor}'s: a zk_ key is worth nothing there, ${hostedOrigin} is right`,
    evidence: ["the key was not sent there"],
    fix,
  };
}

/** A public name that leads to this machine, where nothing of the kind is: a line of /etc/hosts, or a name server that filters. */
function misledTo(hostname: string, addresses: readonly string[], { tcp }: Way): ProbeResult | undefined {
  const isHere = (address: string): boolean => isLoopbackHost(address) || address === "0.0.0.0" || address === "::";
  // Where something listens, somebody meant it: a stand-in, a tunnel.
  if (tcp.state !== "failed" || isIP(hostname) !== 0 || isLoopbackHost(hostname) || !addresses.every(isHere)) {
    return undefined;
  }
  return {
    status: "fail",
    cause: "dns-misled",
    finding: `${hostname} is ${addresses.join(", ")} here, which is this machine itself, and nothing listens there (${tcp.code}): a line of /etc/hosts says so, or a name server that filters`,
    fix: { command: `grep -n ${hostname} /etc/hosts` },
  };
}

function unresolved(hostname: string, code: string, context: ProbeContext): ProbeResult {
  const look = `getent hosts ${hostname}`;
  const isUnknown = code === "ENOTFOUND" || code === "ENODATA";
  if (isUnknown) {
    const isHosted = kinshipOf(hostname).kind === "hosted";
    return {
      status: "fail",
      cause: isHosted ? "dns-failed" : "dns-unknown",
      finding: isHosted
        ? `the name server here doesn't know ${hostname} (${code}): a VPN, a filter or no network`
        : `there is no host ${hostname} (${code})`,
      fix: isHosted ? { command: look } : unsetUpstream(context, look),
    };
  }
  return {
    status: "fail",
    cause: "dns-failed",
    finding: `the name server didn't answer for ${hostname} (${code || "no code"}): check the network or the VPN`,
    fix: { command: look },
  };
}
