import { openaiError } from "../openai/errors.ts";
import { headersFromHub } from "../openai/headers.ts";
import type { WireFormat } from "../types.ts";
import { responsesToHub } from "./request.ts";
import { responsesFromHub } from "./response.ts";
import type { ResponsesState } from "./state.ts";
import { ResponsesStream, responsesPing } from "./stream.ts";

/** OpenAI Responses. */
const openaiResponses: WireFormat<ResponsesState> = {
  name: "openai-responses",
  suffixes: ["responses"],
  credential: "authorization",
  toHub: responsesToHub,
  fromHub: responsesFromHub,
  streamFromHub: (state) => new ResponsesStream(state),
  errorFromHub: openaiError,
  headersFromHub,
  ping: responsesPing,
};

export default openaiResponses;
