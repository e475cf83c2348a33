import { coversLoopback } from "../../integrations/detect/no-proxy.ts";
import type { Probe } from "../types.ts";

const NAMES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];

const proxyVariables: Probe = {
  code: "proxy-variables",
  title: "Proxy variables",
  dependsOn: [],
  async run({ env, settings }) {
    // Lower case wins, also where it is set to nothing.
    const effective = (name: string): readonly [string, string] | undefined => {
      const lower = name.toLowerCase();
      const from = env[lower] === undefined ? name : lower;
      const value = env[from] ?? "";
      return value === "" ? undefined : [from, value.replace(/\/\/[^/@]*@/, "//...@")];
    };
    const set = NAMES.map(effective).filter((entry) => entry !== undefined);
    if (set.length === 0) {
      const stored = settings["network.proxy"].value;
      return { status: "pass", finding: stored === undefined ? "none is set" : "none is set; network.proxy is" };
    }
    const listed = set.map(([name, value]) => `${name}=${value}`).join(", ");
    const covers = coversLoopback(env["no_proxy"] ?? env["NO_PROXY"]);
    const finding = `${listed}; NO_PROXY ${covers ? "covers" : "doesn't cover"} this machine`;
    return { status: "pass", finding };
  },
};

export default proxyVariables;
