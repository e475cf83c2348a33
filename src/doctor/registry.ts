import type { Registry } from "../base/registry.ts";
import type { Probe } from "./types.ts";

/**
 * The probes in the order in which they are printed: what a probe depends on stands before it. A new one is a file in `probes/` and a
 * line here.
 */
export const probes = {
  node: () => import("./probes/node.ts"),
} satisfies Registry<Probe>;
