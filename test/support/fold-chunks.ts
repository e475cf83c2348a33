type Fields = Record<string, unknown>;

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/**
 * Adds the chunks of a stream up as a client does that knows only the format: the message, why it ended, the usage.
 * Independent of the code under test.
 */
export function foldChunks(chunks: readonly Fields[]): {
  message: Fields;
  finish: unknown;
  usage: unknown;
  errors: unknown[];
} {
  const message: Fields = { role: undefined, content: "", refusal: null };
  const calls: Fields[] = [];
  const errors: unknown[] = [];
  let finish: unknown = null;
  let usage: unknown;
  for (const chunk of chunks) {
    if (chunk["error"] !== undefined) errors.push(chunk["error"]);
    if (chunk["usage"] !== undefined && chunk["usage"] !== null) usage = chunk["usage"];
    const choice = (chunk["choices"] as Fields[] | undefined)?.[0];
    if (choice === undefined) continue;
    finish = choice["finish_reason"] ?? finish;
    const delta = choice["delta"] as Fields;
    if (delta["role"] !== undefined) message["role"] = delta["role"];
    message["content"] = textOf(message["content"]) + textOf(delta["content"]);
    if (delta["refusal"] !== undefined) message["refusal"] = textOf(message["refusal"]) + textOf(delta["refusal"]);
    if (delta["reasoning_content"] !== undefined) {
      message["reasoning_content"] = textOf(message["reasoning_content"]) + textOf(delta["reasoning_content"]);
    }
    if (delta["annotations"] !== undefined) message["annotations"] = delta["annotations"];
    if (delta["reasoning_details"] !== undefined) {
      message["reasoning_details"] = [
        ...((message["reasoning_details"] as unknown[]) ?? []),
        ...(delta["reasoning_details"] as unknown[]),
      ];
    }
    foldCalls(calls, (delta["tool_calls"] as Fields[] | undefined) ?? []);
    foldLegacy(message, delta["function_call"] as Fields | undefined);
  }
  if (calls.length > 0) message["tool_calls"] = calls;
  const hasOther = calls.length > 0 || message["function_call"] !== undefined || message["refusal"] !== null;
  if (message["content"] === "" && hasOther) message["content"] = null;
  return { message, finish, usage, errors };
}

function foldCalls(calls: Fields[], parts: readonly Fields[]): void {
  for (const { index, id, type, function: fn, custom } of parts) {
    const known = calls[index as number] ?? {};
    calls[index as number] = known;
    if (id !== undefined) known["id"] = id;
    if (type !== undefined) known["type"] = type;
    foldInto(known, "function", "arguments", fn as Fields | undefined);
    foldInto(known, "custom", "input", custom as Fields | undefined);
  }
}

function foldInto(call: Fields, form: string, grown: string, part: Fields | undefined): void {
  if (part === undefined) return;
  const known = (call[form] as Fields | undefined) ?? {};
  call[form] = { ...known, ...part, [grown]: textOf(known[grown]) + textOf(part[grown]) };
}

function foldLegacy(message: Fields, part: Fields | undefined): void {
  if (part === undefined) return;
  foldInto(message, "function_call", "arguments", part);
}
