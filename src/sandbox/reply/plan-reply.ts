import type { MessagesRequest } from "../messages-request.ts";
import type { SandboxState } from "../sandbox-state.ts";
import { completeReply, replyFromEffects } from "./build-reply.ts";
import type { Effect } from "./directives.ts";
import { type Prompt, readPrompt } from "./prompt.ts";
import type { Reply } from "./reply.ts";
import { readSteering, readSteeringHeader } from "./steering.ts";

/** A reply, and what names the prompt that asked for it (for faults that happen n times). */
export interface PlannedReply {
  readonly reply: Reply;
  readonly promptKey: string;
}

/** The effects of the first entry of the replies file that matches and isn't used up. */
function effectsOfFile(state: SandboxState, request: MessagesRequest, prompt: Prompt): readonly Effect[] | undefined {
  const { repliesUsed } = state.memory;
  const place = state.replies.findIndex(
    (entry, index) => (repliesUsed.get(index) ?? 0) < entry.times && entry.matches(prompt, request),
  );
  const entry = state.replies[place];
  if (entry !== undefined) repliesUsed.set(place, (repliesUsed.get(place) ?? 0) + 1);
  return entry?.effects;
}

/**
 * Decides what is answered: by the `x-sandbox-reply` header, else by the replies file, else by the directives of the prompt, else
 * by what the prompt is. Shape: a sentence where a directive can't be understood.
 */
export function planReply(
  state: SandboxState,
  request: MessagesRequest,
  header: string | undefined,
): PlannedReply | string {
  const prompt = readPrompt(request);
  const effects =
    header === undefined
      ? (effectsOfFile(state, request, prompt) ?? readSteering(prompt.text))
      : readSteeringHeader(header);
  if (typeof effects === "string") return effects;
  const reply = completeReply(request, prompt, replyFromEffects(request, effects));
  return { reply, promptKey: header ?? prompt.text };
}
