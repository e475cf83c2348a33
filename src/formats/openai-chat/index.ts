import type { WireFormat } from "../types.ts";
import { chatError } from "./errors.ts";
import { headersFromHub } from "./headers.ts";
import { chatToHub } from "./request.ts";
import { chatFromHub } from "./response.ts";
import type { ChatState } from "./state.ts";
import { ChatStream, chatPing } from "./stream.ts";

/** OpenAI Chat Completions. */
const openaiChat: WireFormat<ChatState> = {
  name: "openai-chat",
  suffixes: ["chat/completions"],
  credential: "authorization",
  toHub: chatToHub,
  fromHub: chatFromHub,
  streamFromHub: (state) => new ChatStream(state),
  errorFromHub: chatError,
  headersFromHub,
  ping: chatPing,
};

export default openaiChat;
