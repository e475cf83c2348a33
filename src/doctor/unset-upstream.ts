import { hostedOrigin } from "../catalog/endpoints.ts";
import type { Fix, ProbeContext } from "./types.ts";

/** What takes an upstream back that somebody set; where nobody did, what shows it from outside. */
export function unsetUpstream({ settings, target }: Pick<ProbeContext, "settings" | "target">): Fix {
  if (target.kind === "url") return { command: `zenthrex doctor --url ${hostedOrigin}` };
  switch (settings.upstream.from) {
    case "environment":
      return { command: "unset ZENTHREX_UPSTREAM" };
    case "config file":
      return {
        command: "zenthrex config unset upstream",
        action: { kind: "zenthrex", argv: ["config", "unset", "upstream"] },
      };
    default:
      // The running daemon's own, from when it was started.
      if (target.origin !== settings.upstream.value) {
        return { command: "zenthrex restart", action: { kind: "zenthrex", argv: ["restart"] } };
      }
      return { command: `curl -sSi ${target.origin}/v1/models` };
  }
}
