/** One server-sent event. Shape: `data` is its data lines joined by LF; `event` is "" where no name was given. */
export interface SseEvent {
  readonly event: string;
  readonly data: string;
}

/** Optional space behind the colon of a field line. Source: HTML standard, "Interpreting an event stream". */
const FIELD = /^([^:]*)(?:: ?(.*))?$/s;
const LINE_END = /\r\n|\n|\r/;
/** A byte order mark, decoded or as three bytes of one character each. */
const BOM = /^(?:\ufeff|\u00ef\u00bb\u00bf)/;

/**
 * Parses one complete frame: LF, CRLF and CR line ends, several data lines, comments, a byte order mark.
 * The text may be decoded or bytes-as-latin1: nothing outside ASCII has a meaning here.
 * Shape: undefined for a frame without data, such as a comment.
 */
export function parseSseEvent(frame: string): SseEvent | undefined {
  let event = "";
  let data: string | undefined;
  for (const line of frame.replace(BOM, "").split(LINE_END)) {
    if (line === "" || line.startsWith(":")) continue;
    const [, name, value = ""] = FIELD.exec(line) ?? [];
    if (name === "data") data = data === undefined ? value : `${data}\n${value}`;
    else if (name === "event") event = value;
  }
  return data === undefined ? undefined : { event, data };
}

/** Writes an event as one frame with LF line ends; a line end inside the data becomes a further data line. */
export function encodeSseEvent(data: string, event = ""): string {
  const name = event === "" ? "" : `event: ${event}\n`;
  return `${name}data: ${data.split(LINE_END).join("\ndata: ")}\n\n`;
}
