import type { JsonObject } from "../../base/json.ts";

/** What the way back must know of the way up. */
export interface ResponsesState {
  /** Hub name -> the client's, for tools whose name had to change; a namespaced one as `qualifiedName` makes it. */
  readonly clientNames: ReadonlyMap<string, string>;
  /** Hub names of custom tools: their calls go back as such, with the text of their one input. */
  readonly customTools: ReadonlySet<string>;
  /** Hub name -> type, for tools that OpenAI describes by their type alone and the client runs: `local_shell` and the like. */
  readonly clientTools: ReadonlyMap<string, string>;
  /** The tool whose input is the answer's text. */
  readonly jsonTool: string | undefined;
  /** JSON mode by words: a code fence around the answer goes. */
  readonly stripsFences: boolean;
  /** The answer is the summary that a `compaction_trigger` asked for. */
  readonly isCompaction: boolean;
  /** The model that was asked, for an answer that fails before it names one. */
  readonly model: string;
  /** When the answer began. Units: seconds since the epoch. */
  readonly createdS: number;
  /** What a response repeats of its request. */
  readonly echo: JsonObject;
}
