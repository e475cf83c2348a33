import type { FinishedMessage } from "./finish-message.ts";
import { type Frame, type InputUsage, renderFrames, renderMessage } from "./render-message.ts";

/** How a finished answer is put into one wire format. */
export interface Rendering {
  /** The body of a JSON answer. */
  body(message: FinishedMessage, input: InputUsage): string;
  /** The frames of a stream, in order. */
  frames(message: FinishedMessage, input: InputUsage): Iterable<Frame>;
}

/** Anthropic Messages, the sandbox's own. */
export const messagesRendering: Rendering = { body: renderMessage, frames: renderFrames };
