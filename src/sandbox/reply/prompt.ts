import { type Block, innerBlocks, type MessagesRequest, textOf } from "../messages-request.ts";

/** What the user said last. */
export interface Prompt {
  /** The text blocks of the last user message, without what clients put around it. */
  readonly text: string;
  /** The answers of tools in the last user message. */
  readonly toolResults: readonly { readonly text: string; readonly isError: boolean }[];
  readonly images: number;
}

/** What agents add to a message for the model's eyes: not the user's words. */
const reminders = /<system-reminder>[\s\S]*?(?:<\/system-reminder>|$)/g;

const withoutReminders = (text: string): string => text.replace(reminders, "").trim();

function resultText(block: Block): string {
  const content = block["content"];
  const text = typeof content === "string" ? content : innerBlocks(block).map(textOf).join("\n");
  return withoutReminders(text);
}

/** The blocks of the last user message; neighbouring user messages are one, a prefill behind it is not looked at. */
function lastUserBlocks({ turns }: MessagesRequest): readonly Block[] {
  const last = turns.findLastIndex((turn) => turn.role === "user");
  let first = last;
  while (turns[first - 1]?.role === "user") first--;
  return turns.slice(Math.max(0, first), last + 1).flatMap((turn) => turn.blocks);
}

/** Reads the last user message. */
export function readPrompt(request: MessagesRequest): Prompt {
  const blocks = lastUserBlocks(request);
  const texts = blocks.map((block) => withoutReminders(textOf(block))).filter((text) => text !== "");
  const results = blocks.filter((block) => block.type === "tool_result");
  return {
    text: texts.join("\n"),
    toolResults: results.map((block) => ({ text: resultText(block), isError: block["is_error"] === true })),
    images: blocks.filter((block) => block.type === "image").length,
  };
}
