import { isLoopbackHost } from "../../upstream/origin.ts";
import type { CauseCode } from "../causes.ts";
import type { Probe } from "../types.ts";
import { unsetUpstream } from "../unset-upstream.ts";

const CAUSES: Readonly<Record<string, CauseCode>> = {
  ECONNREFUSED: "connect-refused",
  ETIMEDOUT: "connect-timeout",
  ENETUNREACH: "network-unreachable",
  EHOSTUNREACH: "network-unreachable",
  ENETDOWN: "network-unreachable",
  EADDRNOTAVAIL: "network-unreachable",
};

const WORDS: Partial<Record<CauseCode, string>> = {
  "connect-refused": "refuses the connection",
  "connect-timeout": "doesn't accept a connection in time: a firewall drops it, or the host is down",
  "network-unreachable": "can't be reached from this network",
};

const connect: Probe = {
  code: "connect",
  title: "Connection",
  dependsOn: ["proxy", "dns"],
  scope: "both",
  async run(context) {
    const { target, way, settings } = context;
    const { tcp, proxy } = await way(target.origin);
    if (proxy.state === "ok") return { status: "pass", finding: "through the proxy's tunnel" };
    if (tcp.state === "ok") return { status: "pass", finding: `${new URL(target.origin).host} in ${tcp.tookMs} ms` };
    if (tcp.state === "untried") return { status: "skip", finding: "there was nothing to connect to" };
    const { host, hostname } = new URL(target.origin);
    const cause = CAUSES[tcp.code] ?? "connect-refused";
    const isLocal = isLoopbackHost(hostname) && cause === "connect-refused";
    const isDaemons = settings.upstream.from === "default" && target.origin !== settings.upstream.value;
    const from = isDaemons
      ? ", which the running daemon forwards to: it was started so"
      : settings.upstream.from === "default"
        ? ""
        : `, named by ${settings.upstream.source}`;
    const words = isLocal ? `nothing listens on ${host}` : `${host} ${WORDS[cause] ?? "can't be connected to"}`;
    const look = `curl -sSv -o /dev/null ${target.origin}`;
    return {
      status: "fail",
      cause,
      finding: `${words} (${tcp.code})${target.kind === "setup" ? from : ""}`,
      fix: isLocal || isDaemons ? unsetUpstream(context, look) : { command: look },
    };
  },
};

export default connect;
