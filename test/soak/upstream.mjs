// The soak's upstream: answers by the order in the last user text, `soak:<kind>:<number>`, always the same bytes for the same order.
// It counts what it was asked and what usage it reported in answers that it sent to their end. `GET /soak/stats` tells.
import { createServer } from "node:http";

const DELTAS = 20;
const SLOW_DELTAS = 400;
const SLOW_EVERY_MS = 25;

const totals = {
  posts: 0,
  completed: 0,
  aborted: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
};

function usageOf(number) {
  return {
    input_tokens: 100 + (number % 50),
    cache_read_input_tokens: number % 3 === 0 ? 1000 + (number % 7) : 0,
    cache_creation_input_tokens: number % 5 === 0 ? 300 + (number % 11) : 0,
    output_tokens: 20 + (number % 30),
  };
}

function noteCompleted(number) {
  const usage = usageOf(number);
  totals.completed++;
  totals.inputTokens += usage.input_tokens;
  totals.outputTokens += usage.output_tokens;
  totals.cacheReadTokens += usage.cache_read_input_tokens;
  totals.cacheWriteTokens += usage.cache_creation_input_tokens;
}

const frame = (data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const deltaText = (number, index) =>
  `word ${index} of answer ${number}, which is as long as a line of text usually is. `;

function head(number, model) {
  const usage = { ...usageOf(number), output_tokens: 1 };
  const message = {
    id: `msg_${number}`,
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  };
  const block = { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } };
  return frame({ type: "message_start", message }) + frame(block);
}

const delta = (number, index) =>
  frame({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: deltaText(number, index) } });

function tail(number) {
  const { output_tokens } = usageOf(number);
  const end = {
    type: "message_delta",
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens },
  };
  return frame({ type: "content_block_stop", index: 0 }) + frame(end) + frame({ type: "message_stop" });
}

/** What a whole answer says. */
export function answerText(number) {
  return Array.from({ length: DELTAS }, (_, index) => deltaText(number, index)).join("");
}

/** The bytes of a whole stream. */
export function wholeStream(number, model) {
  return (
    head(number, model) + Array.from({ length: DELTAS }, (_, index) => delta(number, index)).join("") + tail(number)
  );
}

function openStream(response) {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "request-id": "req_soak" });
}

function sendSlowly(response, number, model) {
  openStream(response);
  response.write(head(number, model));
  let index = 0;
  const timer = setInterval(() => {
    if (index < SLOW_DELTAS) response.write(delta(number, index++));
    else {
      clearInterval(timer);
      response.end(tail(number));
    }
  }, SLOW_EVERY_MS);
  response.once("close", () => clearInterval(timer));
}

/** A part of a stream, and then what ends it. */
function breakOff(response, number, model, end) {
  openStream(response);
  response.write(head(number, model) + delta(number, 0) + delta(number, 1).slice(0, 40), () => end(response));
}

function refuse(response, status, type) {
  const body = JSON.stringify({
    type: "error",
    error: { type, message: `refused with ${status}` },
    request_id: "req_soak",
  });
  response.writeHead(status, { "content-type": "application/json", ...(status === 429 ? { "retry-after": "1" } : {}) });
  response.end(body);
}

const orders = {
  ok: (response, number, model, stream) => {
    response.once("finish", () => noteCompleted(number));
    if (!stream) {
      const content = [{ type: "text", text: answerText(number) }];
      const message = {
        id: `msg_${number}`,
        type: "message",
        role: "assistant",
        model,
        content,
        stop_reason: "end_turn",
        stop_sequence: null,
        usage: usageOf(number),
      };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(message));
      return;
    }
    openStream(response);
    // In three pieces that end nowhere in particular.
    const bytes = Buffer.from(wholeStream(number, model));
    const cut = [number % 400, 400 + (number % 900)];
    response.write(bytes.subarray(0, cut[0] + 1));
    setImmediate(() => {
      response.write(bytes.subarray(cut[0] + 1, cut[1]));
      setImmediate(() => response.end(bytes.subarray(cut[1])));
    });
  },
  slow: sendSlowly,
  silent: () => undefined,
  error500: (response) => refuse(response, 500, "api_error"),
  error429: (response) => refuse(response, 429, "rate_limit_error"),
  error529: (response) => refuse(response, 529, "overloaded_error"),
  resetAtOnce: (response) => response.socket.resetAndDestroy(),
  reset: (response, number, model) => breakOff(response, number, model, (one) => one.socket?.resetAndDestroy()),
  earlyEnd: (response, number, model) => breakOff(response, number, model, (one) => one.end()),
  errorEvent: (response, number, model) => {
    openStream(response);
    const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
    response.end(head(number, model) + delta(number, 0) + frame(error));
  },
};

/** Starts it on a free port of the loopback. */
export function startSoakUpstream() {
  const server = createServer((request, response) => {
    if (request.method === "GET") {
      const body = request.url === "/soak/stats" ? totals : { object: "list", data: [] };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
      return;
    }
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      totals.posts++;
      const text = Buffer.concat(chunks).toString();
      const [, kind, number] = /soak:(\w+):(\d+)/.exec(text) ?? [];
      const { model, stream } = JSON.parse(text);
      // Whoever is going to leave has to know that there is something to leave.
      if (kind === "slow" || kind === "silent") process.send?.({ number: Number(number) });
      response.once("close", () => {
        if (!response.writableFinished && (kind === "slow" || kind === "silent")) totals.aborted++;
      });
      orders[kind](response, Number(number), model, stream === true);
    });
    request.on("error", () => undefined);
  });
  server.keepAliveTimeout = 3_000;
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

if (process.argv[1]?.endsWith("upstream.mjs")) {
  const server = await startSoakUpstream();
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
  process.once("disconnect", () => process.exit(0));
}
