import type { Registry } from "../base/registry.ts";
import type { WireFormat } from "./types.ts";

/** The wire formats that are translated to and from the hub, one folder each. The hub itself is `anthropic/`. */
export const formats = {
  "openai-chat": () => import("./openai-chat/index.ts"),
  "openai-responses": () => import("./openai-responses/index.ts"),
} satisfies Registry<WireFormat>;
