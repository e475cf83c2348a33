// Loaded into the daemon under soak by `node --import`: tells its heap after a collection, to whoever started it.
import { memoryUsage } from "node:process";

process.on("message", () => {
  globalThis.gc?.();
  globalThis.gc?.();
  process.send?.({ heapBytes: memoryUsage().heapUsed, rssBytes: memoryUsage().rss });
});
process.channel?.unref();
