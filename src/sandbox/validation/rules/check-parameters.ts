import { isJsonObject } from "../../../base/json.ts";
import type { MessagesRequest } from "../../messages-request.ts";
import { firstProblem } from "./first-problem.ts";

const maxUserIdCharacters = 256;

function checkUserId(request: MessagesRequest): string | undefined {
  const metadata = request.body["metadata"];
  const userId = isJsonObject(metadata) ? metadata["user_id"] : undefined;
  if (typeof userId !== "string") return undefined;
  if (userId.length > maxUserIdCharacters) {
    return `metadata.user_id: String should have at most ${maxUserIdCharacters} characters`;
  }
  const isMail = /^[^\s@{}"]+@[^\s@{}"]+\.[a-z]{2,}$/i.test(userId);
  return isMail ? "metadata.user_id: user_id appears to contain an email address" : undefined;
}

/** Lower and upper bounds of what the schema only calls numbers. */
const bounds: readonly (readonly [name: string, least: number, most: number])[] = [
  ["max_tokens", 0, Number.POSITIVE_INFINITY],
  ["temperature", 0, 1],
  ["top_p", 0, 1],
  ["top_k", 0, Number.POSITIVE_INFINITY],
];

function* problems(request: MessagesRequest): Generator<string | undefined> {
  for (const [name, least, most] of bounds) {
    const value = request.body[name];
    if (typeof value !== "number") continue;
    if (value < least) yield `${name}: Input should be greater than or equal to ${least}`;
    if (value > most) yield `${name}: Input should be less than or equal to ${most}`;
  }
  if (request.modelId === "") yield "model: String should have at least 1 character";
  if (request.stopSequences.some((sequence) => sequence.trim() === "")) {
    yield "stop_sequences: each stop sequence must contain non-whitespace";
  }
  yield checkUserId(request);
}

/** Bounds of numbers, stop sequences, the user id. */
export function checkParameters(request: MessagesRequest): string | undefined {
  return firstProblem(problems(request));
}
