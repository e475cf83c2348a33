import { type RequestTokenParts, requestTokenParts, sumOfParts } from "../../catalog/estimate-tokens.ts";
import type { Model } from "../../catalog/models.ts";
import { type CachePlan, cacheablePrompt, planCache } from "../account/prompt-cache.ts";
import { admitRequest, rateLimitHeaders } from "../account/rate-limits.ts";
import { charge } from "../account/wallet.ts";
import { answerInstead, dropConnection, faultsOf, stallAt } from "../answer/faults.ts";
import { type FinishedMessage, finishMessage } from "../answer/finish-message.ts";
import type { Rendering } from "../answer/rendering.ts";
import { sendJsonAnswer } from "../answer/send-json.ts";
import { openStream, sendStream } from "../answer/send-stream.ts";
import { type Exchange, sendRefusal } from "../http/exchange.ts";
import { type ReceivedBody, refuseBody } from "../http/read-body.ts";
import type { MessagesRequest } from "../messages-request.ts";
import { invalidRequest, isRefusal, type Refusal, refusal } from "../refusal.ts";
import { type PlannedReply, planReply } from "../reply/plan-reply.ts";
import type { Reply } from "../reply/reply.ts";
import { type Account, nextId } from "../sandbox-state.ts";
import { admitKey } from "./admit.ts";

/** A request that passed every check of its route, and how its answer is put. */
export interface ReadRequest {
  readonly request: MessagesRequest;
  readonly model: Model;
  readonly rendering: Rendering;
}

/** What the two routes do differently: reading and checking a body. */
export type ReadBody = (exchange: Exchange, received: ReceivedBody) => ReadRequest | Refusal;

/** A request that will be answered. */
interface Admitted extends ReadRequest {
  readonly account: Account;
  readonly parts: RequestTokenParts;
  readonly planned: PlannedReply;
}

/** Key, wallet, body, window: in the order in which the hosted API refuses. */
function admit(exchange: Exchange, received: ReceivedBody, readBody: ReadBody): Admitted | Refusal {
  const account = admitKey(exchange);
  if (isRefusal(account)) return account;
  if (account.wallet.balance <= 0) return refusal(402, "Wallet balance hit zero: top it up to go on.");
  const read = readBody(exchange, received);
  if (isRefusal(read)) return read;
  const { request, model } = read;
  exchange.entry.model = model.id;
  const parts = requestTokenParts(request.body, model.tokenizer);
  const tokens = sumOfParts(parts);
  if (tokens > model.contextTokens)
    return invalidRequest(`prompt is too long: ${tokens} tokens > ${model.contextTokens} maximum`);
  const header = exchange.request.headers["x-sandbox-reply"];
  const planned = planReply(exchange.state, request, typeof header === "string" ? header : undefined);
  return typeof planned === "string" ? invalidRequest(planned) : { ...read, account, parts, planned };
}

/** Takes the price of an answer, or of the part of it that was sent, and notes it. */
function settle(exchange: Exchange, { account, model }: Admitted, input: CachePlan, outputTokens: number): void {
  exchange.entry.usage = {
    input_tokens: input.inputTokens,
    cache_creation_input_tokens: input.cacheWrite5mTokens + input.cacheWrite1hTokens,
    cache_read_input_tokens: input.cacheReadTokens,
    output_tokens: outputTokens,
  };
  exchange.entry.costUsd = charge(account.wallet, model, { ...input, outputTokens });
}

async function answerStream(
  exchange: Exchange,
  admitted: Admitted,
  message: FinishedMessage,
  input: CachePlan,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const { faults } = admitted.planned.reply;
  const totalDeltas = message.blocks.reduce((total, block) => total + block.deltas.length, 0);
  openStream(exchange, headers);
  const end = await sendStream(exchange, admitted.rendering.frames(message, input), faults, totalDeltas);
  const share = end.how === "whole" ? 1 : end.deltasSent / Math.max(1, totalDeltas);
  // Still in the turn of the event loop that wrote the last frame: no client can ask for its wallet before.
  settle(exchange, admitted, input, Math.ceil(message.outputTokens * share));
}

async function answerJson(
  exchange: Exchange,
  admitted: Admitted,
  message: FinishedMessage,
  input: CachePlan,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const body = (): string => {
    settle(exchange, admitted, input, message.outputTokens);
    return admitted.rendering.body(message, input);
  };
  await sendJsonAnswer(exchange, body, admitted.planned.reply.faults, headers);
  if (exchange.entry.usage === null && exchange.hasLeft()) settle(exchange, admitted, input, 0);
}

/** What a fault does before the first byte. Shape: false where nothing more is to be answered. */
async function passFaultsBefore(exchange: Exchange, reply: Reply): Promise<boolean> {
  const isBefore = (at: unknown): boolean => at === "before";
  const after = await stallAt(exchange, reply.faults, isBefore);
  if (after === "left") return false;
  const error = faultsOf(reply.faults, "error-event").find((fault) => isBefore(fault.at));
  if (after === "timed-out" || error !== undefined) {
    sendRefusal(exchange, refusal(error?.status ?? 504, error?.message));
    return false;
  }
  const cut = faultsOf(reply.faults, "cut").find((fault) => isBefore(fault.at));
  if (cut !== undefined) dropConnection(exchange, cut.how === "reset");
  return cut === undefined;
}

/** Answers or refuses a request whose body was received, with the one reply engine. */
export async function serveInference(exchange: Exchange, received: ReceivedBody, readBody: ReadBody): Promise<void> {
  const { state } = exchange;
  const admitted = admit(exchange, received, readBody);
  if (isRefusal(admitted)) {
    if (received.kind === "too-large") refuseBody(exchange, admitted);
    else sendRefusal(exchange, admitted);
    return;
  }
  const { account, model, planned, request, parts } = admitted;
  const { reply } = planned;
  if (answerInstead(exchange, reply.faults, `${account.key}\n${planned.promptKey}`)) return;
  const prompt = cacheablePrompt(request, model, parts);
  const expected = planCache(account.cache, prompt, state.clock.now());
  const { limits } = account.grant;
  const countedTokens = expected.inputTokens + expected.cacheWrite5mTokens + expected.cacheWrite1hTokens;
  const refused = admitRequest(account.rates, limits, model, countedTokens, state.clock.now());
  if (refused !== undefined) {
    sendRefusal(exchange, refused);
    return;
  }
  if (!(await passFaultsBefore(exchange, reply))) return;
  // The cache may have changed while this answer was silent: what it pays is decided when it starts.
  const input = planCache(account.cache, prompt, state.clock.now());
  const ids = { message: () => nextId(state, "msg"), tool: () => nextId(state, "toolu") };
  const message = finishMessage(request, model, reply, sumOfParts(parts), ids);
  input.commit(state.clock.now());
  const headers = rateLimitHeaders(account.rates, limits, model, state.clock.now());
  if (request.stream) await answerStream(exchange, admitted, message, input, headers);
  else await answerJson(exchange, admitted, message, input, headers);
}
