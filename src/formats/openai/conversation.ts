import type { HubBlockParam, HubTurn } from "../anthropic/hub.ts";
import { malformed, type Notes } from "../notes.ts";
import { createIdMap } from "./names.ts";

type ResultBlock = Extract<HubBlockParam, { type: "tool_result" }>;

/** A tool call of the conversation, and its result once it came. */
interface Call {
  readonly hubId: string;
  readonly name: string;
  readonly path: string;
  /** Index of the assistant turn that made it. */
  readonly turn: number;
  result: ResultBlock | undefined;
}

interface TurnUnderWay {
  readonly role: HubTurn["role"];
  readonly blocks: HubBlockParam[];
  readonly calls: Call[];
  /** A user message without content: an error unless its turn has some from elsewhere. */
  emptyPath: string | undefined;
}

/** What the model reads where a client lost the result of a tool call. */
const lostResult = "The result of this tool call is missing: the client did not send it.";

/**
 * Builds the hub's turns from messages in any order of roles. Equal roles merge; the results of an assistant turn stand first in
 * the user turn behind it, in the order of the calls; a call whose result never came gets an error result.
 */
export class Conversation {
  readonly #turns: TurnUnderWay[] = [];
  readonly #ids = createIdMap();
  /** All calls by the client's id, in order: a client that numbers anew in every turn repeats them. */
  readonly #calls = new Map<string, Call[]>();
  readonly #latestByName = new Map<string, string>();
  readonly #notes: Notes;

  constructor(notes: Notes) {
    this.#notes = notes;
  }

  /** Adds blocks to the user's side. */
  addUser(blocks: readonly HubBlockParam[], path: string): void {
    const turn = this.#turn("user");
    turn.blocks.push(...blocks);
    if (blocks.length === 0) turn.emptyPath ??= path;
  }

  /** Adds blocks to the assistant's side that are no tool calls. */
  addAssistant(blocks: readonly HubBlockParam[]): void {
    if (blocks.length > 0) this.#turn("assistant").blocks.push(...blocks);
  }

  /** Adds a tool call. */
  addCall(call: { readonly id: string; readonly name: string; readonly input: unknown }, path: string): void {
    this.#addUse({ type: "tool_use", id: this.#ids.claim(call.id), name: call.name, input: call.input }, call.id, path);
  }

  /** True where these ids can be used as they are: no call before had one of them. */
  areFresh(ids: readonly string[]): boolean {
    return ids.every((id) => !this.#ids.has(id));
  }

  /** Adds the original blocks of an answer, verbatim. */
  addOriginal(blocks: readonly HubBlockParam[], path: string): void {
    for (const block of blocks) {
      if (block.type !== "tool_use") this.#turn("assistant").blocks.push(block);
      else {
        this.#ids.claim(block.id);
        this.#addUse(block, block.id, path);
      }
    }
  }

  /** Marks the last block that was added as the end of a cached prefix. */
  markLast(cacheControl: NonNullable<ResultBlock["cache_control"]>): void {
    const blocks = this.#turns.at(-1)?.blocks;
    const last = blocks?.at(-1);
    if (blocks === undefined || last === undefined || last.type === "thinking" || last.type === "redacted_thinking")
      return;
    blocks[blocks.length - 1] = { ...last, cache_control: cacheControl } as HubBlockParam;
  }

  /**
   * Adds the result of the call that has this id at the client: the latest one that waits for it.
   * Shape: false where no call had this id.
   */
  addResult(id: string, result: Omit<ResultBlock, "type" | "tool_use_id">, path: string): boolean {
    const calls = this.#calls.get(id) ?? [];
    const latest = calls.at(-1);
    if (latest === undefined) return false;
    const sameTurn = calls.filter((call) => call.turn === latest.turn);
    const call = sameTurn.find(({ result: known }) => known === undefined) ?? latest;
    if (call.result !== undefined)
      this.#notes.add("repaired", "tool_result_duplicate", path, "a later result of the same call replaces it");
    if (this.#turns.findLastIndex(({ role }) => role === "assistant") !== call.turn) {
      this.#notes.add("repaired", "tool_result_late", path, "the result is moved behind its call");
    } else this.#turn("user");
    call.result = { type: "tool_result", tool_use_id: call.hubId, ...result };
    return true;
  }

  /** The client's id of the latest call of a function, for results that say only the function's name. */
  latestCallOf(name: string): string | undefined {
    return this.#latestByName.get(name);
  }

  /** The last user turn as it stands, behind which an answer comes. */
  question(): HubTurn | undefined {
    const index = this.#turns.findLastIndex(({ role }) => role === "user");
    return index < 0 ? undefined : { role: "user", content: this.#userContent(index) };
  }

  /** The turns, repaired. Throws: for a user message that says nothing. */
  finish(): HubTurn[] {
    const out: HubTurn[] = [];
    for (const [index, turn] of this.#turns.entries()) {
      if (turn.role === "user") this.#repair(index - 1);
      const content = turn.role === "user" ? this.#userContent(index) : turn.blocks;
      if (content.length === 0)
        throw malformed("a user message must have content", turn.emptyPath ?? "messages", "Send some text.");
      if (turn.emptyPath !== undefined) this.#notes.add("dropped", "empty_message", turn.emptyPath, "it says nothing");
      out.push({ role: turn.role, content });
    }
    const last = this.#turns.length - 1;
    if ((this.#turns[last]?.calls.length ?? 0) > 0) {
      this.#repair(last);
      out.push({ role: "user", content: this.#resultsOf(last) });
    }
    return out;
  }

  #turn(role: HubTurn["role"]): TurnUnderWay {
    const last = this.#turns.at(-1);
    if (last?.role === role) return last;
    const turn: TurnUnderWay = { role, blocks: [], calls: [], emptyPath: undefined };
    this.#turns.push(turn);
    return turn;
  }

  #addUse(block: Extract<HubBlockParam, { type: "tool_use" }>, clientId: string, path: string): void {
    const turn = this.#turn("assistant");
    turn.blocks.push(block);
    const call: Call = { hubId: block.id, name: block.name, path, turn: this.#turns.length - 1, result: undefined };
    turn.calls.push(call);
    this.#latestByName.set(block.name, clientId);
    const known = this.#calls.get(clientId);
    if (known === undefined) this.#calls.set(clientId, [call]);
    else known.push(call);
  }

  /** Gives the calls of a turn that have no result one that says so. */
  #repair(index: number): void {
    for (const call of this.#turns[index]?.calls ?? []) {
      if (call.result !== undefined) continue;
      this.#notes.add(
        "repaired",
        "tool_result_missing",
        call.path,
        "the call has no result: an error result stands in",
      );
      call.result = { type: "tool_result", tool_use_id: call.hubId, content: lostResult, is_error: true };
    }
  }

  #resultsOf(index: number): ResultBlock[] {
    const results = (this.#turns[index]?.calls ?? []).map(({ result }) => result);
    return results.filter((result) => result !== undefined);
  }

  #userContent(index: number): HubBlockParam[] {
    return [...this.#resultsOf(index - 1), ...(this.#turns[index]?.blocks ?? [])];
  }
}
