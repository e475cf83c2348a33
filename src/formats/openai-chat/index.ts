import { openaiError } from "../openai/errors.ts";
import { headersFromHub } from "../openai/headers.ts";
import type { WireFormat } from "../types.ts";
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
  errorFromHub: openaiError,
  headersFromHub,
  ping: chatPing,
};

export default openaiChat;
