/** The origin of the hosted API. Source: hosted documentation, "at a glance". */
export const hostedOrigin = "https://api.zentherixapi.xyz";

/** Where the key and the wallet are managed in a browser. Source: hosted documentation, "Quick Start": the dashboard. */
export const dashboardHint = "the ZenthrexApi dashboard";

/** Host and port of the local daemon: never `localhost`, it may resolve to ::1 first. Source: design, fixed choices. */
export const localHost = "127.0.0.1";
export const localPort = 19368;

/** The one documented value of `anthropic-version`. Source: hosted documentation, "Authentication". */
export const documentedAnthropicVersion = "2023-06-01";

/** Wire formats that a route can speak. */
export type WireFormatName = "anthropic" | "openai-chat" | "openai-responses";

/** What a path asks for. `unsupported` names a route of the parent APIs that the hosted API lacks. */
export type RouteName =
  | "messages"
  | "count-tokens"
  | "chat-completions"
  | "responses"
  | "response"
  | "response-input-items"
  | "response-cancel"
  | "models"
  | "model"
  | "whoami"
  | "hello"
  | "root"
  | "health"
  | "unsupported";

/** One route of the catalog. `suffix` are the path segments that a request must end with, without /v1. */
export interface Endpoint {
  readonly route: RouteName;
  readonly suffix: string;
  readonly methods: readonly string[];
  readonly format: WireFormatName;
  /** Header that carries the key upstream. Source: hosted documentation, "Authentication". */
  readonly credential: "x-api-key" | "authorization" | "none";
  /** The canonical path at the hosted API. */
  readonly path: string;
}

/** The routes of the hosted API, longest suffix first. Source: hosted documentation, "POST /v1/messages" and the following. */
export const endpoints: readonly Endpoint[] = [
  {
    route: "count-tokens",
    suffix: "messages/count_tokens",
    methods: ["POST"],
    format: "anthropic",
    credential: "x-api-key",
    path: "/v1/messages/count_tokens",
  },
  {
    route: "messages",
    suffix: "messages",
    methods: ["POST"],
    format: "anthropic",
    credential: "x-api-key",
    path: "/v1/messages",
  },
  {
    route: "chat-completions",
    suffix: "chat/completions",
    methods: ["POST"],
    format: "openai-chat",
    credential: "authorization",
    path: "/v1/chat/completions",
  },
  {
    route: "responses",
    suffix: "responses",
    methods: ["POST"],
    format: "openai-responses",
    credential: "authorization",
    path: "/v1/responses",
  },
  {
    route: "models",
    suffix: "models",
    methods: ["GET", "HEAD"],
    format: "openai-chat",
    credential: "none",
    path: "/v1/models",
  },
  {
    route: "whoami",
    suffix: "whoami",
    methods: ["GET", "HEAD"],
    format: "openai-chat",
    credential: "authorization",
    path: "/v1/whoami",
  },
];

/** Routes of the parent APIs that the hosted API doesn't have: answered 404 with a plain sentence, never forwarded. */
export const unsupportedSuffixes: Readonly<Record<string, { what: string; format: WireFormatName }>> = {
  embeddings: { what: "embeddings", format: "openai-chat" },
  completions: { what: "legacy completions (use /v1/chat/completions)", format: "openai-chat" },
  complete: { what: "legacy text completions (use /v1/messages)", format: "anthropic" },
  "messages/batches": { what: "message batches", format: "anthropic" },
  batches: { what: "batches", format: "openai-chat" },
  files: { what: "files", format: "openai-chat" },
  "images/generations": { what: "image generation", format: "openai-chat" },
  "audio/speech": { what: "speech", format: "openai-chat" },
  "audio/transcriptions": { what: "transcription", format: "openai-chat" },
  moderations: { what: "moderations", format: "openai-chat" },
  assistants: { what: "assistants", format: "openai-chat" },
  threads: { what: "threads", format: "openai-chat" },
  "fine_tuning/jobs": { what: "fine-tuning", format: "openai-chat" },
  "audio/translations": { what: "audio translation", format: "openai-chat" },
  "images/edits": { what: "image generation", format: "openai-chat" },
  "images/variations": { what: "image generation", format: "openai-chat" },
  vector_stores: { what: "vector stores", format: "openai-chat" },
  uploads: { what: "uploads", format: "openai-chat" },
  realtime: { what: "realtime sessions", format: "openai-chat" },
  "responses/compact": { what: "compaction of conversations", format: "openai-responses" },
  "responses/input_tokens": { what: "token counts of responses", format: "openai-responses" },
  // With more than an id behind it: what is stored is answered by the daemon.
  responses: { what: "such a part of a response", format: "openai-responses" },
};
