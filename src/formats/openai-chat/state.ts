/** What the way back must know of the way up. */
export interface ChatState {
  /** Hub name -> the client's, for tools whose name had to change. */
  readonly clientNames: ReadonlyMap<string, string>;
  /** Hub names of custom tools: their calls go back as such, with the text of their one input. */
  readonly customTools: ReadonlySet<string>;
  /** The deprecated `functions`: a call goes back as `function_call`. */
  readonly isLegacy: boolean;
  /** The tool whose input is the answer's text. */
  readonly jsonTool: string | undefined;
  /** JSON mode by words: a code fence around the answer goes. */
  readonly stripsFences: boolean;
  /** `stream_options.include_usage`. */
  readonly includeUsage: boolean;
  /** When the answer began. Units: seconds since the epoch. */
  readonly createdS: number;
}
