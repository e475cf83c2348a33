import { expect } from "vitest";
import type { ChatProxy } from "./chat-proxy.ts";

/** A question of one line in the Responses format. */
export function askResponse(input: string): { model: string; input: string } {
  return { model: "claude-opus-4-7", input };
}

/** One event of a Responses stream. */
export interface ResponseEvent {
  readonly type: string;
  readonly sequence_number?: number;
  readonly response?: Record<string, unknown> & {
    readonly error?: { readonly code: string; readonly message: string };
  };
  readonly [key: string]: unknown;
}

/** The events of SSE text, comments left out; that each is named as its data says is checked. */
export function eventsOf(text: string): ResponseEvent[] {
  return text
    .split("\n\n")
    .filter((frame) => frame !== "" && !frame.startsWith(":"))
    .map((frame) => {
      const [name, data, ...more] = frame.split("\n");
      expect(more).toEqual([]);
      const event = JSON.parse(data?.replace(/^data: /, "") ?? "") as ResponseEvent;
      expect(name).toBe(`event: ${event.type}`);
      return event;
    });
}

/** Asks for a stream and reads it to its end. */
export async function streamEvents(chat: ChatProxy, body: Record<string, unknown>): Promise<ResponseEvent[]> {
  const response = await chat.call("POST", "/v1/responses", { ...body, stream: true });
  expect(response.status).toBe(200);
  return eventsOf(await response.text());
}

/** The answer as JSON. */
export async function createResponse(
  chat: ChatProxy,
  body: Record<string, unknown>,
): Promise<Record<string, unknown> & { readonly id: string; readonly output: readonly Record<string, unknown>[] }> {
  const response = await chat.call("POST", "/v1/responses", body);
  const json = (await response.json()) as Record<string, unknown> & { id: string; output: Record<string, unknown>[] };
  expect(response.status, JSON.stringify(json)).toBe(200);
  return json;
}
