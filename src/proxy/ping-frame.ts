import type { WireFormatName } from "../catalog/endpoints.ts";

const anthropicPing = Buffer.from('event: ping\ndata: {"type": "ping"}\n\n');
const commentPing = Buffer.from(": ping\n\n");

/** The heartbeat of a format: Anthropic's clients know a ping event, OpenAI's only comments. */
export function pingFrame(format: WireFormatName): Buffer {
  return format === "anthropic" ? anthropicPing : commentPing;
}
