// The least that a proxy on node:http and undici has to do: take the request whole, dispatch it, pass the answer on.
// No gate, no credential exchange, no heartbeat, no record: the floor that `npm run bench` holds the raw lane against.
// What makes it the fast form of this design: `Pool.dispatch` with a handler, and one write per socket read. undici calls back once per
// HTTP chunk, which is once per event; gathering them until process.nextTick costs a third of writing each.
// Usage: node minimal.mjs <port> <upstream origin>
import { createServer } from "node:http";
import { Pool } from "undici";

const [port, origin] = process.argv.slice(2);
const pool = new Pool(origin, { connections: null, pipelining: 1, headersTimeout: 630_000, bodyTimeout: 630_000 });

const hopByHop = ["connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"];
const notInRequest = new Set([...hopByHop, "host", "content-length", "expect"]);
const notInAnswer = new Set(hopByHop);

/** The raw header list without some names. Elements are strings (node) or Buffers (undici). */
function without(dropped, rawHeaders) {
  const kept = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at].toString("latin1");
    if (!dropped.has(name.toLowerCase())) kept.push(name, rawHeaders[at + 1].toString("latin1"));
  }
  return kept;
}

/** Passes one answer on. */
class Forwarder {
  constructor(response) {
    this.response = response;
    this.controller = undefined;
    this.queued = [];
    this.flushing = false;
    this.gone = false;
    this.flush = () => {
      this.flushing = false;
      if (this.gone || this.queued.length === 0) return;
      const bytes = this.queued.length === 1 ? this.queued[0] : Buffer.concat(this.queued);
      this.queued = [];
      if (!this.response.write(bytes)) {
        this.controller.pause();
        this.response.once("drain", () => this.controller.resume());
      }
    };
    response.on("close", () => {
      if (response.writableEnded) return;
      this.gone = true;
      this.controller?.abort(new Error("the client left"));
    });
  }
  onRequestStart(controller) {
    this.controller = controller;
    if (this.gone) controller.abort(new Error("the client left"));
  }
  onResponseStart(controller, status) {
    if (status < 200) return;
    this.response.writeHead(status, without(notInAnswer, controller.rawHeaders));
  }
  onResponseData(_controller, chunk) {
    this.queued.push(chunk);
    if (this.flushing) return;
    this.flushing = true;
    process.nextTick(this.flush);
  }
  onResponseEnd() {
    if (this.gone) return;
    const rest = this.queued.length === 0 ? undefined : Buffer.concat(this.queued);
    this.queued = [];
    this.response.end(rest);
  }
  onResponseError() {
    if (this.gone) return;
    if (this.response.headersSent) this.response.destroy();
    else this.response.writeHead(502).end();
  }
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = chunks.length === 0 ? null : chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    pool.dispatch(
      { method: request.method, path: request.url, headers: without(notInRequest, request.rawHeaders), body },
      new Forwarder(response),
    );
  });
});
server.listen(Number(port), "127.0.0.1");
