import { noProxyCovers } from "../../../integrations/effective/judge/proxy.ts";
import { proxyFacts } from "../../../integrations/effective/proxy-facts.ts";
import { shellVariables } from "../../../integrations/effective/shell-variables.ts";
import { isLoopbackHost } from "../../../upstream/origin.ts";
import { failed, met } from "../judging.ts";
import type { Point } from "../types.ts";

const clientSide: Point = {
  code: "client-side",
  title: "Reachable for the client",
  async run({ base, context }) {
    const { hostname, port, protocol } = new URL(base);
    if (!isLoopbackHost(hostname)) {
      const isPlain = protocol === "http:";
      if (isPlain) return failed(`http to ${hostname}: key and prompts travel in clear text`);
      return met(
        "no address of this machine, so no NO_PROXY is needed; zenthrex doctor claude-code judges the settings",
      );
    }
    const { variables, noProxy } = proxyFacts(await shellVariables(context));
    const caught = variables.find(({ text }) => text !== "");
    if (caught !== undefined && !noProxyCovers(noProxy, hostname, port)) {
      return failed(
        `${caught.place.name} is set and NO_PROXY doesn't name ${hostname}: Claude Code asks the proxy for it`,
      );
    }
    return met("no proxy variable takes its traffic; zenthrex doctor claude-code judges the settings");
  },
};

export default clientSide;
