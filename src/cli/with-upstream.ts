import type { UpstreamClient } from "../upstream/types.ts";
import type { Context } from "./context.ts";

/**
 * Runs work with a client of the upstream, through the company's proxy if the environment or the config names one;
 * closed in every case.
 */
export async function withUpstream<T>(
  context: Context,
  origin: string,
  work: (client: UpstreamClient) => Promise<T>,
): Promise<T> {
  const [{ createUpstreamClient }, { upstreamNetwork }] = await Promise.all([
    import("../upstream/client.ts"),
    import("./network.ts"),
  ]);
  const network = upstreamNetwork(origin, context);
  const client = createUpstreamClient({ origin, clock: context.clock, ...network });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
