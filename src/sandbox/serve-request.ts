import type { IncomingMessage, ServerResponse } from "node:http";
import { whoamiBody } from "./account/wallet.ts";
import { type Exchange, openExchange, sendBody, sendRefusal } from "./http/exchange.ts";
import { type ReceivedBody, readBody, refuseBody } from "./http/read-body.ts";
import { keepBody } from "./http/request-log.ts";
import { isRefusal, refusal } from "./refusal.ts";
import { admitKey } from "./routes/admit.ts";
import { controlPrefix, serveControl } from "./routes/control.ts";
import { countTokens } from "./routes/count-tokens.ts";
import { modelsDocument } from "./routes/models-document.ts";
import { postChatCompletions } from "./routes/post-chat-completions.ts";
import { postMessages } from "./routes/post-messages.ts";
import type { SandboxState } from "./sandbox-state.ts";

/** Answers one route. The body has been received (or refused to be) before it is called. */
type Route = (exchange: Exchange, received: ReceivedBody) => void | Promise<void>;

function getModels(exchange: Exchange): void {
  sendBody(exchange, 200, modelsDocument);
}

function getWhoami(exchange: Exchange): void {
  const account = admitKey(exchange);
  if (isRefusal(account)) sendRefusal(exchange, account);
  else sendBody(exchange, 200, whoamiBody(account.key, account.wallet));
}

/** The routes of the hosted API, as documented. Everything else is a 404. */
const routes: Readonly<Record<string, Route>> = {
  "POST /v1/messages": postMessages,
  "POST /v1/chat/completions": postChatCompletions,
  "GET /v1/models": getModels,
  "HEAD /v1/models": getModels,
  "GET /v1/whoami": getWhoami,
  "HEAD /v1/whoami": getWhoami,
};

/** Routes that a flag adds. */
const undocumentedRoutes: Readonly<Record<string, Route>> = { "POST /v1/messages/count_tokens": countTokens };

function routeOf(state: SandboxState, request: IncomingMessage): Route | undefined {
  const [path = ""] = (request.url ?? "").split("?");
  const name = `${request.method} ${path}`;
  if (Object.hasOwn(routes, name)) return routes[name];
  return state.countTokens && Object.hasOwn(undocumentedRoutes, name) ? undocumentedRoutes[name] : undefined;
}

function notFound(exchange: Exchange, received: ReceivedBody): void {
  const { method, url = "" } = exchange.request;
  const answer = refusal(404, `Not found: ${method} ${url.split("?")[0]}. Check the base URL.`);
  if (received.kind === "too-large") refuseBody(exchange, answer);
  else sendRefusal(exchange, answer);
}

async function serveExchange(exchange: Exchange): Promise<void> {
  const { state, request } = exchange;
  const received = await readBody(request);
  if (received.kind === "left") return;
  if (received.kind === "bytes") keepBody(state.memory.log, exchange.entry, received.bytes);
  const route = routeOf(state, request) ?? notFound;
  await route(exchange, received);
}

/** Serves one request. Never rejects: what goes wrong in the sandbox itself is a 500. */
export async function serveRequest(
  state: SandboxState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.sendDate = false;
  if (request.url?.startsWith(controlPrefix) === true) {
    serveControl(state, request, response);
    return;
  }
  const exchange = openExchange(state, request, response);
  try {
    await serveExchange(exchange);
  } catch (error) {
    const why = error instanceof Error ? error.message : "unknown";
    if (response.headersSent) response.destroy();
    else sendRefusal(exchange, refusal(500, `The sandbox failed: ${why}`));
  }
}
