import { localHost } from "../../catalog/endpoints.ts";
import { integrations } from "../../integrations/registry.ts";
import type { Context } from "../context.ts";

/** The titles of the tools whose settings lead to the daemon on a port. A tool whose settings can't be read isn't named. */
export async function pointingTools(port: number, context: Context): Promise<string[]> {
  const address = `${localHost}:${port}`;
  const titles = await Promise.all(
    Object.values(integrations).map(async (load) => {
      const { default: integration } = await load();
      // The settings of the repository that one happens to stand in are none of the daemon's business.
      const status = await integration.detect({ ...context, cwd: context.home }).catch(() => undefined);
      const isPointing =
        status?.configuredFor === "zenthrex-local" && status.files.some(({ text }) => text?.includes(address) === true);
      return isPointing ? [integration.title] : [];
    }),
  );
  return titles.flat();
}
