// The upstream and an honest client in a process of their own, so that what it waits for is the daemon and not the attacker.
// stdout: a JSON line with the upstream's port. stdin: a line {"port", "token"} starts the client, its end ends both.
// stdout then: a JSON line with what came of it.
import { createServer, request } from "node:http";
import { createInterface } from "node:readline";

const PAUSE_MS = 10;
const marker = "control-request";
const waits = [];
const failures = [];
const foreign = [];
let isOver = false;

const upstream = createServer((incoming, response) => {
  const chunks = [];
  incoming.on("data", (chunk) => chunks.push(chunk));
  incoming.on("end", () => {
    const body = Buffer.concat(chunks).toString("latin1");
    if (!body.includes(marker)) foreign.push(`${incoming.method} ${incoming.url} ${body.slice(0, 80)}`);
    response.setHeader("content-type", "application/json");
    response.end('{"type":"message"}');
  });
  incoming.on("error", () => undefined);
});
upstream.listen(0, "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ port: upstream.address().port })}\n`));

function askOnce(port, token) {
  const body = JSON.stringify({
    model: "claude-haiku-4-5",
    max_tokens: 1,
    messages: [{ role: "user", content: marker }],
  });
  const headers = { "content-type": "application/json", "x-api-key": token, "content-length": body.length };
  return new Promise((resolve) => {
    const asked = request(
      { host: "127.0.0.1", port, method: "POST", path: "/v1/messages", headers, agent: false },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode));
        response.on("error", () => resolve(0));
      },
    );
    asked.on("error", (error) => resolve(error.code));
    asked.end(body);
  });
}

async function run({ port, token }) {
  while (!isOver) {
    const startedAt = performance.now();
    const status = await askOnce(port, token);
    waits.push(performance.now() - startedAt);
    if (status !== 200) failures.push(status);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  waits.sort((a, b) => a - b);
  const at = (share) => Number((waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0).toFixed(1));
  process.stdout.write(
    `${JSON.stringify({ count: waits.length, p50: at(0.5), p99: at(0.99), max: at(1), failures, foreign })}\n`,
    () => process.exit(0),
  );
}

createInterface({ input: process.stdin })
  .once("line", (line) => void run(JSON.parse(line)))
  .once("close", () => {
    isOver = true;
  });
