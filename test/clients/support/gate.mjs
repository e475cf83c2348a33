// A hosted API that is stricter than the sandbox: a server before it that refuses what a test says.
import { createServer, request as open } from "node:http";

function readBody(stream) {
  return new Promise((resolve, reject) => {
    const parts = [];
    stream.on("data", (part) => parts.push(part));
    stream.once("end", () => resolve(Buffer.concat(parts)));
    stream.once("error", reject);
  });
}

function forward(base, { method, url, headers }, body, response) {
  const upstream = open(`${base}${url}`, { method, headers: { ...headers, host: new URL(base).host } }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  upstream.once("error", () => response.destroy());
  response.once("close", () => upstream.destroy());
  upstream.end(body);
}

/** `refuse({ method, path, headers, body })`: an answer `{ status, body }` of its own, or undefined to let the request through. */
export function startGate(sandbox, refuse) {
  const server = createServer(async (request, response) => {
    const body = await readBody(request).catch(() => Buffer.alloc(0));
    const { method, url, headers } = request;
    const refusal = refuse({ method, path: url, headers, body: body.toString("utf8") });
    if (refusal === undefined) return forward(sandbox.url, request, body, response);
    response.writeHead(refusal.status, { "content-type": "application/json" });
    response.end(JSON.stringify(refusal.body));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const stop = () =>
        new Promise((done) => {
          server.close(done);
          server.closeAllConnections();
        });
      resolve({ url: `http://127.0.0.1:${server.address().port}`, stop });
    });
  });
}
