import type { JsonObject } from "../../base/json.ts";
import type { HubMessage } from "../anthropic/hub.ts";
import type { HubStep } from "../anthropic/reduce-events.ts";
import type { Notes } from "../notes.ts";
import { CustomInput } from "../openai/custom-input.ts";
import { FenceStripper } from "../openai/fence-stripper.ts";
import { reasoningDetail } from "../openai/signed-thinking.ts";
import { plainName } from "../plain-name.ts";
import type { ChatState } from "./state.ts";
import { type FinishReason, finishReason } from "./stop-reason.ts";
import { urlCitations } from "./url-citations.ts";

/** What a chunk says: the `delta` object, and at the end why. */
export interface ChatDelta {
  readonly delta: JsonObject;
  readonly finish: FinishReason | null;
}

/** How the calls of one tool_use block are told. */
export type CallForm =
  | { readonly kind: "function"; readonly index: number }
  | { readonly kind: "custom"; readonly index: number; readonly input: CustomInput }
  | { readonly kind: "legacy" }
  /** The JSON tool: its input is the answer. */
  | { readonly kind: "answer" }
  | { readonly kind: "unshown" };

const just = (delta: JsonObject): ChatDelta => ({ delta, finish: null });

/**
 * Turns the steps of an answer into Chat Completions deltas. The streaming renderer sends each as a chunk, the JSON renderer adds
 * them up: the two can't disagree.
 */
export class ChatDeltas {
  readonly #state: ChatState;
  readonly #notes: Notes;
  readonly #fences: FenceStripper | undefined;
  readonly #calls = new Map<number, CallForm>();
  #nextCall = 0;
  #nextDetail = 0;
  #hasCalled = false;

  constructor(state: ChatState, notes: Notes) {
    this.#state = state;
    this.#notes = notes;
    this.#fences = state.stripsFences ? new FenceStripper() : undefined;
  }

  /** The deltas of one step; most have one, pings and failures none. */
  push(step: HubStep): readonly ChatDelta[] {
    switch (step.kind) {
      case "start":
        return [just({ role: "assistant", content: "" })];
      case "text":
        return this.#text(this.#fences === undefined ? step.text : this.#fences.push(step.text));
      case "thinking":
        return [just({ reasoning_content: step.text })];
      case "reasoning":
        return this.#detail(step.block);
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
          "content",
          `a block of type ${plainName(step.blockType)} has no form in Chat Completions`,
        );
        return [];
      case "end":
        return this.#end(step.message);
      default:
        return [];
    }
  }

  /** The form of the call in a block, for who pastes its arguments unparsed. */
  formOf(block: number): CallForm | undefined {
    return this.#calls.get(block);
  }

  /** True where answer text may be pasted unparsed. */
  get takesTextAsIs(): boolean {
    return this.#fences === undefined;
  }

  #text(text: string): ChatDelta[] {
    return text === "" ? [] : [just({ content: text })];
  }

  #detail(block: Parameters<typeof reasoningDetail>[0]): ChatDelta[] {
    const detail = reasoningDetail(block, this.#nextDetail);
    if (detail === undefined) return [];
    this.#nextDetail++;
    return [just({ reasoning_details: [detail] })];
  }

  #call(block: number, id: string, hubName: string): ChatDelta[] {
    if (hubName === this.#state.jsonTool) {
      this.#calls.set(block, { kind: "answer" });
      return [];
    }
    const name = this.#state.clientNames.get(hubName) ?? hubName;
    if (this.#state.isLegacy) return this.#legacyCall(block, name);
    this.#hasCalled = true;
    const index = this.#nextCall++;
    if (this.#state.customTools.has(hubName)) {
      this.#calls.set(block, { kind: "custom", index, input: new CustomInput() });
      return [just({ tool_calls: [{ index, id, type: "custom", custom: { name, input: "" } }] })];
    }
    this.#calls.set(block, { kind: "function", index });
    return [just({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] })];
  }

  /** `function_call` has room for one. */
  #legacyCall(block: number, name: string): ChatDelta[] {
    if (this.#hasCalled) {
      this.#notes.add("dropped", "function_call", "content", "function_call has room for one call: use tools");
      this.#calls.set(block, { kind: "unshown" });
      return [];
    }
    this.#hasCalled = true;
    this.#calls.set(block, { kind: "legacy" });
    return [just({ function_call: { name, arguments: "" } })];
  }

  #arguments(block: number, fragment: string): ChatDelta[] {
    const form = this.#calls.get(block);
    if (fragment === "" || form === undefined) return [];
    switch (form.kind) {
      case "function":
        return [just({ tool_calls: [{ index: form.index, function: { arguments: fragment } }] })];
      case "legacy":
        return [just({ function_call: { arguments: fragment } })];
      case "answer":
        return this.#text(fragment);
      case "custom":
        return this.#customInput(form.index, form.input.push(fragment));
      default:
        return [];
    }
  }

  #customInput(index: number, input: string): ChatDelta[] {
    return input === "" ? [] : [just({ tool_calls: [{ index, custom: { input } }] })];
  }

  #callEnd(block: number, rest: string): ChatDelta[] {
    const deltas = this.#arguments(block, rest);
    const form = this.#calls.get(block);
    return form?.kind === "custom" ? [...deltas, ...this.#customInput(form.index, form.input.end())] : deltas;
  }

  #end(message: HubMessage): ChatDelta[] {
    const deltas = this.#text(this.#fences?.end() ?? "");
    if (message.stop_reason === "refusal" && message.stop_details?.explanation) {
      deltas.push(just({ refusal: message.stop_details.explanation }));
    }
    const annotations = urlCitations(message, this.#notes);
    if (annotations.length > 0) deltas.push(just({ annotations }));
    const shown = this.#hasCalled ? (this.#state.isLegacy ? "function_call" : "tool_calls") : "none";
    deltas.push({ delta: {}, finish: finishReason(message.stop_reason ?? "", shown, this.#notes) });
    return deltas;
  }
}
