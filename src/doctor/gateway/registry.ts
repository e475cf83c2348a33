import type { Registry } from "../../base/registry.ts";
import type { Point } from "./types.ts";

/** The points in the order of the contract: their place is their number. */
export const gatewayPoints = {
  paths: () => import("./points/paths.ts"),
  headers: () => import("./points/headers.ts"),
  errors: () => import("./points/errors.ts"),
  streams: () => import("./points/streams.ts"),
  "count-tokens": () => import("./points/count-tokens.ts"),
  models: () => import("./points/models.ts"),
  credentials: () => import("./points/credentials.ts"),
  retries: () => import("./points/retries.ts"),
  "wrong-paths": () => import("./points/wrong-paths.ts"),
  "spend-limit": () => import("./points/spend-limit.ts"),
  "client-side": () => import("./points/client-side.ts"),
  "model-names": () => import("./points/model-names.ts"),
} satisfies Registry<Point>;
