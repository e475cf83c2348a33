import { onTestFinished } from "vitest";
import {
  jsonAnswer,
  type RawConnection,
  type RawUpstream,
  type ReceivedRequest,
  startRawUpstream,
} from "../../support/raw-upstream.ts";
import { canaryPrompt } from "./canary.ts";

/** What an upstream does that has seen the key: most of it repeats the key wherever an answer has room for it. */
type Act = (connection: RawConnection, key: string, body: string) => Promise<void> | void;

const head = (status: string, headers: Readonly<Record<string, string>>): string =>
  `HTTP/1.1 ${status}\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`;

const event = (type: string, data: string): string => `event: ${type}\ndata: ${data}\n\n`;
const usage = { input_tokens: 3, output_tokens: 1 };

function begin(model: string): string {
  const message = { id: "msg_1", type: "message", role: "assistant", model, content: [], stop_reason: null, usage };
  return (
    event("message_start", JSON.stringify({ type: "message_start", message })) +
    event(
      "content_block_start",
      JSON.stringify({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }),
    ) +
    event(
      "content_block_delta",
      JSON.stringify({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: canaryPrompt } }),
    )
  );
}

function finish(stopReason: string): string {
  const delta = { type: "message_delta", delta: { stop_reason: stopReason }, usage };
  return (
    event("content_block_stop", '{"type":"content_block_stop","index":0}') +
    event("message_delta", JSON.stringify(delta)) +
    event("message_stop", '{"type":"message_stop"}')
  );
}

const stream = (frames: string, headers: Readonly<Record<string, string>> = {}): string =>
  head("200 OK", { "content-type": "text/event-stream", "content-length": String(frames.length), ...headers }) + frames;

const streamHead = head("200 OK", { "content-type": "text/event-stream", "transfer-encoding": "chunked" });
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

function answer(model: string, stopReason: string, content: object): string {
  const message = { id: "msg_1", type: "message", role: "assistant", model, content: [content] };
  return jsonAnswer({ ...message, stop_reason: stopReason, stop_sequence: null, usage });
}

/** Whether the hub was asked for a stream: what the caller wants is another matter. */
const streams = (body: string): boolean => body.includes('"stream":true');

const text = { type: "text", text: canaryPrompt };

function failure(status: number): Act {
  return async (connection, key) => {
    const url = encodeURIComponent(key);
    const json = key.replaceAll("/", "\\/");
    const said = `${canaryPrompt}: key ${key} of https://x.example/?key=${url} is bad, apikey${key}x`;
    const error = JSON.stringify({ type: "error", error: { type: "odd", message: said, param: key, code: key } });
    const body = error.replace("{", `{"\\u0078":"${json}",`);
    await connection.write(
      head(`${status} no ${key}`, {
        "content-type": "application/json",
        "content-length": String(Buffer.byteLength(body)),
        "request-id": key,
        "x-request-id": key,
        "retry-after": "1",
        "x-echo": `apikey${key}x`,
        "x-link": `https://x.example/?key=${url}`,
      }) + body,
    );
  };
}

function redirect(location: (key: string) => string): Act {
  return (connection, key) => connection.write(head("307 Go", { location: location(key), "content-length": "0" }));
}

const whole = (frames: (key: string) => string, json: (key: string) => string): Act => {
  return (connection, key, body) => connection.write(streams(body) ? stream(frames(key)) : json(key));
};

/** Errors as this upstream writes them in a stream, with everything in them. */
const errorEvent = (key: string): string =>
  event(
    "error",
    JSON.stringify({ type: "error", error: { type: "odd", message: `${canaryPrompt} ${key} apikey${key}x` } }),
  );

/** By the name that a request carries in its `x-act`. */
export const acts: Readonly<Record<string, Act>> = {
  "answers well": whole(
    () => begin("claude-opus-4-7") + finish("end_turn"),
    () => answer("claude-opus-4-7", "end_turn", text),
  ),
  "answers with the key for model, reason and id": async (connection, key, body) => {
    const model = `apikey${key}x`;
    const answered = streams(body) ? stream(begin(model) + finish(key)) : answer(model, key, text);
    await connection.write(answered.replace("\r\n", `\r\nrequest-id: apikey${key}\r\n`));
  },
  "names a block and an event by key and prompt": whole(
    (key) => {
      const block = { type: `${key} ${canaryPrompt}`, text: canaryPrompt };
      const start = { type: "content_block_start", index: 1, content_block: block };
      return (
        begin("claude-opus-4-7") +
        event(`odd ${key}`, JSON.stringify({ type: `odd ${key} ${canaryPrompt}` })) +
        event("content_block_stop", '{"type":"content_block_stop","index":0}') +
        event("content_block_start", JSON.stringify(start)) +
        finish("end_turn").replace('"index":0', '"index":1')
      );
    },
    (key) => answer("claude-opus-4-7", "end_turn", { type: `${key} ${canaryPrompt}` }),
  ),
  ...Object.fromEntries(
    [400, 401, 402, 403, 404, 413, 429, 500, 502, 503, 529, 599].map((status) => [`fails ${status}`, failure(status)]),
  ),
  "answers a page": (connection, key) =>
    connection.write(
      head("502 Bad", { "content-type": "text/html", "content-length": String(key.length + 12) }) +
        `<html>${key}</html`.padEnd(key.length + 12),
    ),
  "answers text": (connection, key) =>
    connection.write(
      head("200 OK", { "content-type": `text/apikey${key}`, "content-length": String(key.length) }) + key,
    ),
  "answers in an odd encoding": (connection, key) =>
    connection.write(
      `${head("200 OK", {
        "content-type": "application/json",
        "content-encoding": `apikey${key}`,
        "content-length": "2",
      })}{}`,
    ),
  "redirects with user and query": redirect(
    (key) => `https://${encodeURIComponent(key)}:x@evil.example/${key}?key=${encodeURIComponent(key)}`,
  ),
  "redirects to a host": redirect((key) => `https://${key.replace(/[^\w-]/g, "")}.evil.example/`),
  "redirects to a path": redirect((key) => `/${key}/${canaryPrompt}`),
  "redirects to no address": redirect((key) => `http://[${key}`),
  "has a status line of its own": (connection, key) => connection.write(`HTTP/1.1 ${key}\r\n\r\n`),
  "speaks no HTTP": async (connection, key) => {
    await connection.write(`${key} ${canaryPrompt}\r\n\r\n`);
    connection.end();
  },
  "sends too many headers": (connection, key) =>
    connection.write(head("200 OK", { "x-many": `${key} `.repeat(600), "content-length": "0" })),
  resets: (connection) => connection.reset(),
  ends: (connection) => connection.end(),
  "ends in the middle": async (connection, key, body) => {
    const begun = streams(body)
      ? streamHead + chunk(`${begin("claude-opus-4-7")}event: ${key}`)
      : answer("claude-opus-4-7", "end_turn", text).slice(0, -20);
    await connection.write(begun);
    connection.end();
  },
  "resets in the middle": async (connection, key, body) => {
    await connection.write(
      streams(body)
        ? streamHead + chunk(begin("claude-opus-4-7") + key)
        : answer("claude-opus-4-7", "end_turn", text).slice(0, -20),
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    connection.reset();
  },
  "ends well too early": whole(
    () => begin("claude-opus-4-7"),
    () => jsonAnswer({ type: "message", content: canaryPrompt }),
  ),
  "sends an error event": whole(
    (key) => begin("claude-opus-4-7") + errorEvent(key),
    (key) => jsonAnswer({ type: "error", error: { type: key, message: `${canaryPrompt} ${key}` } }),
  ),
  "begins with an error event": whole(errorEvent, (key) => jsonAnswer({ error: `${canaryPrompt} ${key}` })),
  "sends an event that is no JSON": whole(
    (key) => begin("claude-opus-4-7") + event("content_block_delta", `{"${key} ${canaryPrompt}`),
    (key) => head("200 OK", { "content-type": "application/json", "content-length": String(key.length) }) + key,
  ),
  "sends chunks of odd sizes": (connection, key) => connection.write(`${streamHead}${key}\r\n`),
  // Whoever asked leaves, or the daemon ends.
  stalls: async (connection, _key, body) => {
    await connection.write(
      streams(body) ? streamHead + chunk(begin("claude-opus-4-7")) : head("200 OK", { "content-length": "99" }),
    );
  },
  "says nothing": () => undefined,
};

const wallet = (key: string): object => ({
  token: key,
  name: canaryPrompt,
  balance_usd: 4.5,
  total_spent_usd: 0.5,
  total_input_tokens: 1,
  total_output_tokens: 1,
  per_model: { [key]: { requests: 1, input_tokens: 1, output_tokens: 1, spent_usd: 0.5 } },
});

const listed = (key: string): object => ({ object: "list", data: [{ id: key, type: "model", display_name: key }] });

/** An upstream that does what each request asks for, after it has read the key from it; `gets` does what GETs are answered with. */
export async function startCanaryUpstream(gets: { act: string } = { act: "" }): Promise<RawUpstream> {
  const upstream = await startRawUpstream(async (connection) => {
    for (;;) {
      const request = await connection.readRequest();
      await answerOne(request, connection, gets.act);
    }
  });
  onTestFinished(() => upstream.close());
  return upstream;
}

async function answerOne(request: ReceivedRequest, connection: RawConnection, getAct: string): Promise<void> {
  const value = (name: string): string => {
    const at = request.rawHeaders.findIndex((each, index) => index % 2 === 0 && each.toLowerCase() === name);
    return at < 0 ? "" : (request.rawHeaders[at + 1] ?? "");
  };
  const key = value("x-api-key") || value("authorization").replace(/^Bearer /i, "");
  const act = request.method === "GET" ? acts[getAct] : acts[value("x-act")];
  if (act !== undefined) return act(connection, key, request.body.toString());
  if (request.path.includes("whoami")) return connection.write(jsonAnswer(wallet(key)));
  if (request.path.includes("models")) return connection.write(jsonAnswer(listed(key)));
  return acts["answers well"]?.(connection, key, request.body.toString());
}
