import { type Block, innerBlocks, type MessagesRequest, type Turn, textOf } from "../../messages-request.ts";
import { firstProblem } from "./first-problem.ts";

/** Roles in which a block may stand; a type that isn't listed may stand in both. */
const rolesOfBlocks: Readonly<Record<string, readonly Turn["role"][]>> = {
  tool_use: ["assistant"],
  server_tool_use: ["assistant"],
  thinking: ["assistant"],
  redacted_thinking: ["assistant"],
  tool_result: ["user"],
  image: ["user"],
  document: ["user"],
  search_result: ["user"],
};

const isEmptyText = (block: Block): boolean => block.type === "text" && textOf(block) === "";
const isBlank = (block: Block): boolean => block.type === "text" && textOf(block).trim() === "";

function checkRoles(turn: Turn): string | undefined {
  const misplaced = turn.blocks.find((block) => rolesOfBlocks[block.type]?.includes(turn.role) === false);
  if (misplaced === undefined) return undefined;
  const right = rolesOfBlocks[misplaced.type]?.[0] ?? "user";
  return `messages.${turn.index}: \`${misplaced.type}\` blocks can only be in \`${right}\` messages`;
}

/** Source: measured answers of the real API (experientiallabs/experiential pull request 804, 2026-09). */
function checkTexts(turn: Turn): string | undefined {
  if (turn.role === "user" && turn.blocks.length === 0) {
    return `messages.${turn.index}: user messages must have non-empty content`;
  }
  if (turn.blocks.some((block) => isEmptyText(block) || innerBlocks(block).some(isEmptyText))) {
    return "messages: text content blocks must be non-empty";
  }
  if (turn.blocks.length > 0 && turn.blocks.every(isBlank)) {
    return "messages: text content blocks must contain non-whitespace text";
  }
  return undefined;
}

function checkSystem(system: readonly Block[]): string | undefined {
  if (system.some(isEmptyText)) return "system: text content blocks must be non-empty";
  return system.some(isBlank) ? "system: text content blocks must contain non-whitespace text" : undefined;
}

function* problems(request: MessagesRequest): Generator<string | undefined> {
  if (request.turns.length === 0) yield "messages: at least one message is required";
  if (request.turns[0]?.role === "assistant") yield 'messages: first message must use the "user" role';
  yield checkSystem(request.system);
  for (const turn of request.turns) {
    yield checkTexts(turn);
    yield checkRoles(turn);
  }
}

/** Empty texts, empty messages, blocks in the wrong role. */
export function checkContent(request: MessagesRequest): string | undefined {
  return firstProblem(problems(request));
}
