import type {
  ContentBlock,
  ContentBlockParam,
  Message,
  MessageCreateParamsBase,
  MessageParam,
  RawMessageStreamEvent,
  TextBlockParam,
  Tool,
  ToolChoice,
  ToolUnion,
} from "@anthropic-ai/sdk/resources/messages/messages";

/**
 * A Messages request. `temperature`, `top_p` and `top_k` are gone from the SDK's types since 1.0, but the models up to 4.6
 * take them. System and content are always lists here.
 */
export interface HubRequest extends Omit<MessageCreateParamsBase, "system" | "messages"> {
  system?: TextBlockParam[];
  messages: HubTurn[];
  temperature?: number;
  top_p?: number;
  top_k?: number;
}

/** A turn of the conversation with its content as blocks. */
export interface HubTurn {
  role: Exclude<MessageParam["role"], "system">;
  content: ContentBlockParam[];
}

/** A block of an answer. */
export type HubBlock = ContentBlock;

/** A block of a request. */
export type HubBlockParam = ContentBlockParam;

/** A tool with a schema of the caller's. */
export type HubTool = Tool;

/** A tool of any kind, the maker's own included. */
export type HubAnyTool = ToolUnion;

/** Whether and which tool must be called. */
export type HubToolChoice = ToolChoice;

/** Token counts as the upstream reports them, the keys it doesn't send left out. */
export type HubUsage = { [Key in keyof Message["usage"]]?: Message["usage"][Key] };

/** A whole answer, the keys that only the newest API sends left open. */
export interface HubMessage extends Pick<Message, "id" | "type" | "role" | "model" | "content" | "stop_sequence"> {
  stop_reason: string | null;
  stop_details?: Message["stop_details"];
  usage: HubUsage;
}

/** An event of a stream, the ones that the SDK's type leaves out included. */
export type HubEvent =
  | RawMessageStreamEvent
  | { readonly type: "ping" }
  | { readonly type: "error"; readonly error?: unknown; readonly request_id?: unknown };

/**
 * An answer put together from its events.
 * Shape: `inputTexts` has, by block index, the JSON of each tool_use as it was streamed: `input` is its parsed form, which keeps
 * neither white space nor digits beyond 2^53, and is `{}` where the text was cut off.
 */
export interface AccumulatedMessage {
  readonly message: HubMessage;
  readonly inputTexts: readonly (string | undefined)[];
}

/** Why there is no answer. Shape: `status` is absent where the failure came in mid-stream; `type` is the upstream's own word. */
export interface HubFailure {
  readonly status?: number;
  readonly type: string;
  readonly message: string;
  readonly requestId?: string;
}
