import { managedSettingsFolder } from "../integrations/detect/claude-code-facts.ts";
import type { EffectiveContext } from "../integrations/effective/types.ts";
import type { IdentifyPort } from "./port-identities.ts";
import type { ProbeContext } from "./types.ts";

/** What is known of a run before it begins. */
type Known = Pick<ProbeContext, "env" | "home" | "cwd" | "platform" | "settings" | "localToken" | "exec" | "target">;

/** What reading a tool's settings needs, out of what a run knows. */
export function effectiveContext(context: Known, identifyPort: IdentifyPort): EffectiveContext {
  const { env, home, cwd, platform, settings, localToken, exec, target } = context;
  return {
    env,
    home,
    cwd,
    platform,
    exec,
    localToken,
    managedFolder: managedSettingsFolder(platform),
    // The running daemon's, where nothing here says otherwise.
    upstreamOrigin: target.kind === "setup" ? target.origin : settings.upstream.value,
    daemonPort: settings.port.value,
    aliases: settings.aliases.value,
    identifyPort,
  };
}
