import { ask, type ChatProxy, localToken, startChatRaw, until } from "./chat-proxy.ts";
import { createFakeClock } from "./fake-clock.ts";
import type { RawConnection } from "./raw-upstream.ts";

/** An answer that is read as it comes. */
export interface Listening {
  readonly status: () => number;
  readonly text: () => string;
  readonly ended: () => boolean;
  leave(): void;
}

/** What is asked, and where. */
export interface ListenTo {
  readonly path: string;
  readonly body: Record<string, unknown>;
}

const toChat: ListenTo = { path: "/v1/chat/completions", body: ask("x") };

/** Asks, and reads what comes. */
export function listen(chat: ChatProxy, stream: boolean, { path, body }: ListenTo = toChat): Listening {
  const leaving = new AbortController();
  let status = 0;
  let text = "";
  let ended = false;
  const read = async (): Promise<void> => {
    const response = await fetch(chat.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${localToken}`, "content-type": "application/json" },
      body: JSON.stringify({ ...body, stream }),
      signal: leaving.signal,
    });
    status = response.status;
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) text += decoder.decode(bytes as Uint8Array, { stream: true });
    ended = true;
  };
  read().catch(() => undefined);
  return { status: () => status, text: () => text, ended: () => ended, leave: () => leaving.abort() };
}

/** A proxy on a clock that stands still, before an upstream whose every word the test gives. */
export async function quiet() {
  const clock = createFakeClock();
  let post: RawConnection | undefined;
  const chat = await startChatRaw(
    async (connection) => {
      await connection.readRequest();
      post = connection;
    },
    { clock },
  );
  return {
    chat,
    clock,
    async posted(): Promise<RawConnection> {
      await until(() => post !== undefined, "the call upstream");
      return post as RawConnection;
    },
  };
}

/** Gives what runs a moment: for what must not happen. */
export const moment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 40));
