import type { JsonObject } from "../../base/json.ts";
import type { HubMessage } from "../anthropic/hub.ts";
import type { HubStep } from "../anthropic/reduce-events.ts";
import type { Notes } from "../notes.ts";
import { CustomInput } from "../openai/custom-input.ts";
import { FenceStripper } from "../openai/fence-stripper.ts";
import { toolInput } from "../openai/tool-arguments.ts";
import { plainName } from "../plain-name.ts";
import { carryThinking } from "./carried-thinking.ts";
import { type ClientTool, clientTools } from "./client-tools.ts";
import { carrySummary } from "./compaction.ts";
import {
  CallItem,
  type DeltaForm,
  HeldItem,
  type ItemPlace,
  type ItemStatus,
  MessageItem,
  type OutputItem,
  ReasoningItem,
  type ResponseEvent,
  refusalItem,
} from "./output-item.ts";
import { splitName } from "./qualified-name.ts";
import type { ResponsesState } from "./state.ts";
import { responseEnd } from "./stop-reason.ts";
import { responsesUsage } from "./usage.ts";

/** The ids that an answer and its items have at the client: OpenAI's prefix, the hub's own part, the place. */
const prefixes = { message: "msg", reasoning: "rs", function: "fc", custom: "ctc", client: "call", compaction: "cmp" };

/** A call of a tool that the client runs, from the input that the model gave. */
function clientCall(tool: ClientTool, callId: string, input: string, status: ItemStatus): JsonObject {
  const fields = tool.fields(toolInput(input));
  // A patch has no word for a call that was cut off.
  const shown = tool.type === "apply_patch" && status === "incomplete" ? "in_progress" : status;
  return { type: tool.callType, call_id: callId, status: shown, ...fields };
}

/**
 * Turns the steps of an answer into the events of a response. The streaming renderer sends each, the JSON renderer takes the response
 * of the last: the two can't disagree. An item ends with the next one or with the answer: only then it is known whether it was cut.
 */
export class ResponseEvents {
  readonly #state: ResponsesState;
  readonly #notes: Notes;
  readonly #fences: FenceStripper | undefined;
  readonly #output: JsonObject[] = [];
  #suffix = "";
  #model: string;
  #item: OutputItem | undefined;
  #custom: CustomInput | undefined;
  /** The block of the JSON tool: its input is the answer. */
  #answerBlock: number | undefined;

  constructor(state: ResponsesState, notes: Notes) {
    this.#state = state;
    this.#notes = notes;
    this.#model = state.model;
    this.#fences = state.stripsFences ? new FenceStripper() : undefined;
  }

  /** The events of one step; pings and failures have none. */
  push(step: HubStep): readonly ResponseEvent[] {
    switch (step.kind) {
      case "start":
        return this.#start(step.id, step.model);
      case "text":
        return this.#text(this.#fences === undefined ? step.text : this.#fences.push(step.text));
      case "thinking":
        return this.#thinking(step.text);
      case "reasoning":
        return this.#reasoning(step.block);
      case "tool":
        return this.#call(step.block, step.id, step.name);
      case "arguments":
        return this.#arguments(step.block, step.fragment);
      case "tool-end":
        return this.#callEnd(step.block, step.rest);
      case "unshown":
        this.#notes.add(
          "dropped",
          "block",
          "output",
          `a block of type ${plainName(step.blockType)} has no form in Responses`,
        );
        return [];
      case "end":
        return this.#end(step.message);
      default:
        return [];
    }
  }

  /** How text of the block that is open on the wire is told, where it may be pasted unparsed. */
  pasteForm(block: number, type: string): DeltaForm | undefined {
    const item = this.#item;
    const takesText = item?.kind === "message" && this.#fences === undefined;
    if (type === "text" || (type === "tool_use" && block === this.#answerBlock))
      return takesText ? item.delta : undefined;
    if (type === "thinking") return item?.kind === "reasoning" ? item.delta : undefined;
    const isCall = type === "tool_use" && item instanceof CallItem && item.isFunction && item.block === block;
    return isCall ? item.delta : undefined;
  }

  /** Takes text that was pasted into an event of this form. */
  addPasted(literal: string): void {
    this.#item?.text.addLiteral(literal);
  }

  /** The response as it stands. */
  response(status: string, fields: JsonObject = {}): JsonObject {
    return {
      id: `resp_${this.#suffix}`,
      object: "response",
      created_at: this.#state.createdS,
      status,
      error: null,
      incomplete_details: null,
      model: this.#model,
      output: [...this.#output],
      ...this.#state.echo,
      ...fields,
    };
  }

  #start(id: string, model: string): ResponseEvent[] {
    this.#suffix = id.replace(/^msg_/, "");
    if (model !== "") this.#model = model;
    const response = this.response("in_progress");
    return [
      { type: "response.created", response },
      { type: "response.in_progress", response },
    ];
  }

  #place(kind: keyof typeof prefixes): ItemPlace {
    const index = this.#output.length;
    return { id: `${prefixes[kind]}_${this.#suffix}_${index}`, index };
  }

  /** Ends the item under way. */
  #close(status: ItemStatus): readonly ResponseEvent[] {
    if (this.#item === undefined) return [];
    const { events, item } = this.#item.end(status);
    this.#output.push(item);
    this.#item = undefined;
    this.#custom = undefined;
    return events;
  }

  #open(make: () => OutputItem): ResponseEvent[] {
    const events = [...this.#close("completed")];
    this.#item = make();
    events.push(...this.#item.begin());
    return events;
  }

  /** Adds to the item under way. */
  #grow(text: string): ResponseEvent[] {
    if (text === "" || this.#item === undefined) return [];
    this.#item.text.add(text);
    const form = this.#item.delta;
    return form === undefined ? [] : [{ ...form.head, delta: text, ...form.tail }];
  }

  #text(text: string): ResponseEvent[] {
    if (text === "") return [];
    const isCompaction = this.#state.isCompaction;
    if (this.#item?.kind === (isCompaction ? "held" : "message")) return this.#grow(text);
    const opened = this.#open(() => (isCompaction ? this.#summary() : new MessageItem(this.#place("message"))));
    return [...opened, ...this.#grow(text)];
  }

  #summary(): OutputItem {
    const whole = (text: string): JsonObject => ({ type: "compaction", encrypted_content: carrySummary(text) });
    return new HeldItem(this.#place("compaction"), undefined, whole);
  }

  #thinking(text: string): ResponseEvent[] {
    if (this.#item?.kind === "reasoning") return this.#grow(text);
    return [...this.#open(() => new ReasoningItem(this.#place("reasoning"), true)), ...this.#grow(text)];
  }

  /** A thinking block is whole: its item ends at once. One without text or proof says nothing. */
  #reasoning(block: Parameters<typeof carryThinking>[0]): ResponseEvent[] {
    const encrypted = carryThinking(block);
    const events: ResponseEvent[] = [];
    if (this.#item?.kind !== "reasoning") {
      if (encrypted === undefined) return [];
      events.push(...this.#open(() => new ReasoningItem(this.#place("reasoning"), false)));
    }
    if (this.#item instanceof ReasoningItem) this.#item.encrypted = encrypted;
    return [...events, ...this.#close("completed")];
  }

  #call(block: number, callId: string, hubName: string): ResponseEvent[] {
    if (hubName === this.#state.jsonTool) {
      this.#answerBlock = block;
      return [];
    }
    const type = this.#state.clientTools.get(hubName);
    const tool = clientTools.find((known) => known.type === type);
    if (tool !== undefined) {
      const whole = (text: string, status: ItemStatus): JsonObject => clientCall(tool, callId, text, status);
      return this.#open(() => new HeldItem(this.#place("client"), block, whole));
    }
    const isCustom = this.#state.customTools.has(hubName);
    const named = splitName(this.#state.clientNames.get(hubName) ?? hubName);
    const head = { type: isCustom ? "custom_tool_call" : "function_call", callId, ...named } as const;
    const events = this.#open(() => new CallItem(this.#place(isCustom ? "custom" : "function"), head, block));
    this.#custom = isCustom ? new CustomInput() : undefined;
    return events;
  }

  #arguments(block: number, fragment: string): ResponseEvent[] {
    if (block === this.#answerBlock) return this.#text(fragment);
    if (this.#item?.block !== block) return [];
    return this.#grow(this.#custom === undefined ? fragment : this.#custom.push(fragment));
  }

  #callEnd(block: number, rest: string): ResponseEvent[] {
    const events = this.#arguments(block, rest);
    const last = this.#item?.block === block && this.#custom !== undefined ? this.#grow(this.#custom.end()) : [];
    return [...events, ...last];
  }

  #end(message: HubMessage): ResponseEvent[] {
    const { status, reason } = responseEnd(message.stop_reason ?? "", this.#notes);
    this.#noteCitations(message);
    const events = [
      ...this.#text(this.#fences?.end() ?? ""),
      ...this.#close(reason === "max_output_tokens" ? "incomplete" : "completed"),
    ];
    const explanation = message.stop_reason === "refusal" ? message.stop_details?.explanation : undefined;
    if (explanation) {
      const refusal = refusalItem(this.#place("message"), explanation);
      this.#output.push(refusal.item);
      events.push(...refusal.events);
    }
    const usage = responsesUsage(message.usage);
    const fields = {
      ...(reason === undefined ? {} : { incomplete_details: { reason } }),
      ...(usage === undefined ? {} : { usage }),
    };
    events.push({ type: `response.${status}`, response: this.response(status, fields) });
    return events;
  }

  #noteCitations(message: HubMessage): void {
    const isCited = message.content.some((block) => block.type === "text" && (block.citations?.length ?? 0) > 0);
    if (isCited) this.#notes.add("dropped", "citation", "output", "citations of this kind have no form in Responses");
  }
}
