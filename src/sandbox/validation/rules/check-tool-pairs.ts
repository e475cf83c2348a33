import type { Block, MessagesRequest, Turn } from "../../messages-request.ts";
import { firstProblem } from "./first-problem.ts";

/** A block with its place, as messages name it. */
interface Placed {
  readonly block: Block;
  readonly message: number;
  readonly path: string;
}

/** Neighbouring messages of one role: the real API joins them before it looks. */
interface JoinedTurn {
  readonly role: Turn["role"];
  readonly blocks: Placed[];
}

function joinTurns(turns: readonly Turn[]): JoinedTurn[] {
  const joined: JoinedTurn[] = [];
  for (const turn of turns) {
    const placed = turn.blocks.map((block, place) => ({
      block,
      message: turn.index,
      path: `messages.${turn.index}.content.${place}`,
    }));
    const last = joined.at(-1);
    if (last?.role === turn.role) last.blocks.push(...placed);
    else joined.push({ role: turn.role, blocks: placed });
  }
  return joined;
}

const idPattern = /^[a-zA-Z0-9_-]+$/;
const namePattern = /^[a-zA-Z0-9_-]{1,128}$/;

function checkUse({ block, path }: Placed): string | undefined {
  if (!idPattern.test(String(block["id"])))
    return `${path}.tool_use.id: String should match pattern '${idPattern.source}'`;
  if (!namePattern.test(String(block["name"]))) {
    return `${path}.tool_use.name: String should match pattern '${namePattern.source}'`;
  }
  const input = block["input"];
  const isObject = typeof input === "object" && input !== null && !Array.isArray(input);
  return isObject ? undefined : `${path}.tool_use.input: Input should be a valid dictionary`;
}

/** Results at the beginning of a turn: only these answer the calls before it. */
function leadingResults(turn: JoinedTurn | undefined): Set<string> {
  const ids = new Set<string>();
  for (const { block } of turn?.role === "user" ? turn.blocks : []) {
    if (block.type !== "tool_result") break;
    ids.add(String(block["tool_use_id"]));
  }
  return ids;
}

function checkAnswered(uses: readonly Placed[], next: JoinedTurn | undefined): string | undefined {
  const answered = leadingResults(next);
  const missing = uses.filter(({ block }) => !answered.has(String(block["id"])));
  if (missing[0] === undefined) return undefined;
  const ids = missing.map(({ block }) => String(block["id"])).join(", ");
  return (
    `messages.${missing[0].message}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids}. ` +
    "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
  );
}

function checkResults(turn: JoinedTurn, uses: readonly Placed[]): string | undefined {
  const wanted = new Set(uses.map(({ block }) => String(block["id"])));
  const seen = new Set<string>();
  for (const { block, path } of turn.blocks) {
    if (block.type !== "tool_result") continue;
    const id = String(block["tool_use_id"]);
    if (!wanted.has(id)) {
      return (
        `${path}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. ` +
        "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
      );
    }
    if (seen.has(id)) {
      return `${path}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`;
    }
    seen.add(id);
  }
  return undefined;
}

const usesOf = (turn: JoinedTurn | undefined): Placed[] =>
  turn?.role === "assistant" ? turn.blocks.filter(({ block }) => block.type === "tool_use") : [];

function* problems(request: MessagesRequest): Generator<string | undefined> {
  const turns = joinTurns(request.turns);
  const ids = new Set<string>();
  for (const use of turns.flatMap(usesOf)) {
    yield checkUse(use);
    const id = String(use.block["id"]);
    if (ids.has(id)) yield "messages: `tool_use` ids must be unique";
    ids.add(id);
  }
  for (const [place, turn] of turns.entries()) {
    yield checkAnswered(usesOf(turn), turns[place + 1]);
    if (turn.role === "user") yield checkResults(turn, usesOf(turns[place - 1]));
  }
}

/** Every tool call is answered at the beginning of the next turn, once, and nothing else is answered. */
export function checkToolPairs(request: MessagesRequest): string | undefined {
  return firstProblem(problems(request));
}
