import { hostedOrigin } from "../catalog/endpoints.ts";
import type { Fix, ProbeContext } from "./types.ts";

/** What takes an upstream back that somebody set; where nobody did, `otherwise`: what shows it from outside. */
export function unsetUpstream(
  { settings, target }: Pick<ProbeContext, "settings" | "target">,
  otherwise?: string,
): Fix {
  if (target.kind === "url") return { command: otherwise ?? `zenthrex doctor --url ${hostedOrigin}` };
  switch (settings.upstream.from) {
    case "flag":
      // The same without --upstream.
      return { command: "zenthrex doctor" };
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
      return { command: otherwise ?? `curl -sSi ${target.origin}/v1/models` };
  }
}
