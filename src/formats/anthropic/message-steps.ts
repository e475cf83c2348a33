import type { AccumulatedMessage } from "./hub.ts";
import type { HubStep } from "./reduce-events.ts";

/** A whole answer as the steps that its stream would have had, so that renderers need to know only steps. */
export function* messageSteps({ message, inputTexts }: AccumulatedMessage): Generator<HubStep> {
  yield { kind: "start", id: message.id, model: message.model };
  for (const [index, block] of message.content.entries()) {
    switch (block.type) {
      case "text":
        if (block.text !== "") yield { kind: "text", text: block.text };
        break;
      case "thinking":
        if (block.thinking !== "") yield { kind: "thinking", text: block.thinking };
        yield { kind: "reasoning", block };
        break;
      case "redacted_thinking":
        yield { kind: "reasoning", block };
        break;
      case "tool_use":
        yield { kind: "tool", block: index, id: block.id, name: block.name };
        yield { kind: "arguments", block: index, fragment: inputTexts[index] ?? JSON.stringify(block.input ?? {}) };
        yield { kind: "tool-end", block: index, rest: "" };
        break;
      default:
        yield { kind: "unshown", blockType: block.type };
    }
  }
  yield { kind: "end", message };
}
