type Fields = Record<string, unknown>;

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** Adds up the deltas of one item, and holds every event that tells a whole against the sum. */
function grow(item: Fields, event: Fields, key: string, path: (item: Fields) => Fields): void {
  const target = path(item);
  if (String(event["type"]).endsWith(".delta")) target[key] = textOf(target[key]) + textOf(event["delta"]);
  else if (target[key] !== event[key === "summary" ? "text" : key])
    throw new Error(`${String(event["type"])} says something else than its deltas`);
}

const part =
  (list: string, index: string, event: Fields) =>
  (item: Fields): Fields =>
    (item[list] as Fields[])[event[index] as number] as Fields;

/**
 * The output items that a client puts together from the events of a response, each by its deltas alone. What `output_item.done` says
 * must be the sum, but for what no delta tells: the status, the annotations, what proves thinking.
 */
export function foldResponse(events: readonly Fields[]): Fields[] {
  const items: Fields[] = [];
  for (const event of events) {
    const index = event["output_index"] as number;
    const item = items[index] as Fields;
    switch (event["type"]) {
      case "response.output_item.added":
        if (index !== items.length) throw new Error("an item is added out of its order");
        items.push(structuredClone(event["item"]) as Fields);
        break;
      case "response.content_part.added":
        (item["content"] as unknown[]).push(structuredClone(event["part"]));
        break;
      case "response.reasoning_summary_part.added":
        (item["summary"] as unknown[]).push(structuredClone(event["part"]));
        break;
      case "response.output_text.delta":
      case "response.output_text.done":
        grow(item, event, "text", part("content", "content_index", event));
        break;
      case "response.refusal.delta":
      case "response.refusal.done":
        grow(item, event, "refusal", part("content", "content_index", event));
        break;
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_summary_text.done":
        grow(item, event, "text", part("summary", "summary_index", event));
        break;
      case "response.function_call_arguments.delta":
      case "response.function_call_arguments.done":
        grow(item, event, "arguments", (call) => call);
        break;
      case "response.custom_tool_call_input.delta":
      case "response.custom_tool_call_input.done":
        grow(item, event, "input", (call) => call);
        break;
      case "response.output_item.done": {
        const { status, encrypted_content: encrypted } = event["item"] as Fields;
        if (status !== undefined) item["status"] = status;
        if (encrypted !== undefined) item["encrypted_content"] = encrypted;
        if (JSON.stringify(sorted(item)) !== JSON.stringify(sorted(event["item"])))
          throw new Error("an item is not the sum of its deltas");
        break;
      }
      default:
    }
  }
  return items;
}

/** The same with its keys in order, for comparing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  return Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
