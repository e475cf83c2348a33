// mock-upstream.c for machines without a C compiler or without epoll: the same answers from several Node processes.
// Slower, so it can be the bottleneck; the benchmark says that it is in use. `GET /bench/stats` is not served.
// Usage: node node-upstream.mjs <port, 0 = free> [<processes>]; prints {"port":N}.
import cluster from "node:cluster";
import { createServer } from "node:http";

const LIFETIME_MS = 900_000;
const answer = JSON.stringify({
  id: "msg_bench",
  type: "message",
  role: "assistant",
  model: "claude-opus-4-7",
  content: [{ type: "text", text: "A short answer." }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 12, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 5 },
});

function frame(event) {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

function delta() {
  const text = `t=${String(process.hrtime.bigint()).padStart(19, "0")} a few words `;
  return frame({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } });
}

const opening =
  frame({
    type: "message_start",
    message: { ...JSON.parse(answer), content: [], stop_reason: null, usage: { input_tokens: 12, output_tokens: 1 } },
  }) + frame({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } });

const closing = (events) =>
  frame({ type: "content_block_stop", index: 0 }) +
  frame({
    type: "message_delta",
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: events },
  }) +
  frame({ type: "message_stop" });

function stream(response, events, intervalUs) {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  response.write(opening);
  let left = events;
  if (intervalUs === 0) {
    while (left-- > 0) response.write(delta());
    response.end(closing(events));
    return;
  }
  const timer = setInterval(
    () => {
      response.write(delta());
      if (--left > 0) return;
      clearInterval(timer);
      response.end(closing(events));
    },
    Math.max(1, intervalUs / 1000),
  );
  response.on("close", () => clearInterval(timer));
}

function serve() {
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      if (request.url.startsWith("/bench/stats")) return response.writeHead(404).end();
      const text = Buffer.concat(chunks).toString("latin1");
      const asked = /bench:sse:(\d+):(\d+):(\d+)/.exec(text);
      if (asked) return stream(response, Number(asked[1]), Number(asked[2]));
      if (text.includes('"stream":true')) return stream(response, 1, 0);
      const body = request.method === "POST" ? answer : '{"object":"list","data":[]}';
      response
        .writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
        .end(body);
    });
  });
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.listen(Number(process.argv[2] ?? 0), "127.0.0.1");
}

if (cluster.isPrimary) {
  const processes = Number(process.argv[3] ?? 2);
  let told = false;
  cluster.on("listening", (_worker, address) => {
    if (!told) process.stdout.write(`${JSON.stringify({ port: address.port })}\n`);
    told = true;
  });
  for (let i = 0; i < processes; i++) cluster.fork();
  setTimeout(() => process.exit(0), LIFETIME_MS).unref();
} else {
  process.on("disconnect", () => process.exit(0));
  serve();
}
