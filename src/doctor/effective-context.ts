import { type PortIdentity, proveDaemonPatiently } from "../daemon/prove.ts";
import { managedSettingsFolder } from "../integrations/detect/claude-code-facts.ts";
import type { EffectiveContext } from "../integrations/effective/types.ts";
import type { ProbeContext } from "./types.ts";

/** Nobody knows it: whoever answers without knowing the user's token is a stranger. */
const NO_TOKEN = "zxl_";

/** What is known of a run before it begins. */
type Known = Pick<ProbeContext, "env" | "home" | "cwd" | "platform" | "settings" | "localToken" | "exec" | "target">;

/** What reading a tool's settings needs, out of what a probe has. `live`: the ids of the live list, where it was read. */
export function effectiveContext(context: Known, live?: readonly string[]): EffectiveContext {
  const { env, home, cwd, platform, settings, localToken, exec, target } = context;
  const ports = new Map<number, Promise<PortIdentity>>();
  return {
    env,
    home,
    cwd,
    platform,
    exec,
    localToken,
    managedFolder: managedSettingsFolder(platform),
    ...(live === undefined ? {} : { liveModels: live }),
    // The running daemon's, where nothing here says otherwise.
    upstreamOrigin: target.kind === "setup" ? target.origin : settings.upstream.value,
    daemonPort: settings.port.value,
    aliases: settings.aliases.value,
    identifyPort: (port) => {
      const asked = ports.get(port) ?? proveDaemonPatiently(port, localToken ?? NO_TOKEN);
      ports.set(port, asked);
      return asked;
    },
  };
}
