import { isLoopbackHost } from "../../upstream/origin.ts";
import type { Probe, ProbeContext, Problem } from "../types.ts";
import { unsetUpstream } from "../unset-upstream.ts";

const config: Probe = {
  code: "config",
  title: "Configuration",
  dependsOn: [],
  async run(context) {
    const { settingProblems, settings, paths } = context;
    const problems = [
      ...settingProblems.map(({ message, fix }) => problemOf(message, fix)),
      ...forwardsToItself(context),
    ];
    const [first, ...more] = problems;
    if (first !== undefined) return { ...first, more };
    const { upstream, port } = settings;
    const from = upstream.from === "default" ? "" : ` (${upstream.source})`;
    return { status: "pass", finding: `${paths.file}; upstream ${upstream.value}${from}, port ${port.value}` };
  },
};

export default config;

/** An upstream that is the daemon's own address: each request would come back as the next one. */
function forwardsToItself(context: ProbeContext): Problem[] {
  const { upstream, port } = context.settings;
  const { hostname, port: named } = new URL(upstream.value);
  if (!isLoopbackHost(hostname) || Number(named) !== port.value || port.value === 0) return [];
  const finding = `the upstream ${upstream.value} (${upstream.source}) is the daemon's own address: it would forward to itself`;
  return [{ status: "fail", cause: "config-invalid", finding, fix: unsetUpstream(context) }];
}

function problemOf(message: string, fix: string): Problem {
  const name = /^bad value of (\S+?)(?: in .+?)?:/.exec(message)?.[1];
  if (/network\.caFile/.test(message)) {
    const command = "zenthrex config unset network.caFile";
    return { status: "fail", cause: "authority-file", finding: message, fix: { command } };
  }
  if (name === undefined) return { status: "fail", cause: "config-invalid", finding: message, fix: { command: fix } };
  const isUpstream = /upstream/i.test(name);
  const isClear = isUpstream && /can be read on the way/.test(message);
  const isPath = isUpstream && /without a path/.test(message);
  const command = /^[A-Z_]+$/.test(name) ? `unset ${name}` : `zenthrex config unset ${name.replace(/^--/, "")}`;
  return {
    status: "fail",
    cause: isClear ? "base-url-scheme" : isPath ? "base-url-path" : isUpstream ? "base-url-invalid" : "config-invalid",
    finding: message,
    fix: { command },
  };
}
