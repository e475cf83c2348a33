import type { Probe } from "../types.ts";

/** The floor of package.json's engines. */
const FLOOR = [20, 18, 1] as const;

const node: Probe = {
  code: "node",
  title: "Node.js",
  dependsOn: [],
  async run({ nodeVersion, env }) {
    if (isBelow(nodeVersion)) {
      return {
        status: "fail",
        cause: "node-too-old",
        finding: `Node.js ${nodeVersion} is older than ${FLOOR.join(".")}`,
        fix: { command: "nvm install 22 && nvm use 22" },
      };
    }
    const certificates = env["NODE_EXTRA_CA_CERTS"];
    return {
      status: "pass",
      finding: `${nodeVersion}${certificates ? `, further certificates from ${certificates}` : ""}`,
    };
  },
};

export default node;

function isBelow(version: string): boolean {
  const parts = version.replace(/^v/, "").split(".").map(Number);
  for (const [index, wanted] of FLOOR.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part < wanted;
  }
  return false;
}
