import type { IncomingMessage, ServerResponse } from "node:http";
import { shownRequest } from "../http/request-log.ts";
import { resetState, type SandboxState } from "../sandbox-state.ts";

/** Where the routes are with which tests look into a sandbox. */
export const controlPrefix = "/_sandbox/";

const loopbackHost = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i;

/** Prompts are in the list of requests: no web page may read it, also not under a name that was rebound to this machine. */
function isForeign({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined || !loopbackHost.test(headers.host ?? "");
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body), "utf8");
  response.writeHead(status, { "content-type": "application/json", "content-length": `${bytes.length}` });
  response.end(bytes);
}

/** `GET /_sandbox/requests` and `POST /_sandbox/reset`. They are no part of the hosted API and leave no trace in the sandbox. */
export function serveControl(state: SandboxState, request: IncomingMessage, response: ServerResponse): void {
  const [path = ""] = (request.url ?? "").split("?");
  const route = `${request.method} ${path.slice(controlPrefix.length)}`;
  request.resume();
  if (isForeign(request)) send(response, 403, { error: "only for programs on this machine" });
  else if (route === "GET requests") send(response, 200, { requests: state.memory.log.entries.map(shownRequest) });
  else if (route === "POST reset") {
    resetState(state);
    send(response, 200, { reset: true });
  } else send(response, 404, { error: "there are GET /_sandbox/requests and POST /_sandbox/reset" });
}
