import type { Probe, Problem } from "../types.ts";

const config: Probe = {
  code: "config",
  title: "Configuration",
  dependsOn: [],
  async run({ settingProblems, settings, paths }) {
    const problems = settingProblems.map(({ message, fix }) => problemOf(message, fix));
    const [first, ...more] = problems;
    if (first !== undefined) return { ...first, more };
    const { upstream, port } = settings;
    const from = upstream.from === "default" ? "" : ` (${upstream.source})`;
    return { status: "pass", finding: `${paths.file}; upstream ${upstream.value}${from}, port ${port.value}` };
  },
};

export default config;

function problemOf(message: string, fix: string): Problem {
  const name = /^bad value of (\S+?):/.exec(message)?.[1];
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
