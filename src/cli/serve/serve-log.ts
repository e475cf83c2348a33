import { printable, redact } from "../../base/redact.ts";
import { recordFields } from "../../history/record-fields.ts";
import type { LogEvent, RequestRecord, RequestSink } from "../../proxy/options.ts";
import type { Context } from "../context.ts";
import { toJsonText } from "../format.ts";
import { createPaint } from "../output.ts";
import { requestHeading, requestLine } from "./request-line.ts";

/** Where `serve` tells what happens: for people lines, for programs JSON lines. */
export interface ServeLog {
  readonly sink: RequestSink;
  readonly log: (event: LogEvent) => void;
  /** Says that it serves: JSON lines get the event, people what `forPeople` says. */
  /** Writes at once what is gathered. */
  readonly flush: () => void;
  readonly ready: (fields: Readonly<Record<string, unknown>>, forPeople: string) => void;
}

/** How much is told. `verbose` adds debug events and what warnings are about. */
export interface ServeLogOptions {
  readonly json: boolean;
  readonly verbose: boolean;
  /** What must never be written, whatever its shape: the key as it is now. */
  readonly secrets: () => readonly string[];
}

/** Nobody sees it later; a write for each request would cost a tenth of the request's CPU. */
const GATHER_MS = 20;

/** Makes the log of `serve`: requests on stdout, events on stderr; with --json everything on stdout, an object a line. */
export function createServeLog(context: Context, options: ServeLogOptions): ServeLog {
  const paint = createPaint(context.color);
  let hasHeading = false;
  const clean = (text: string): string => {
    const known = options.secrets().reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
    return redact(known);
  };
  const writeJson = (fields: object): void => context.stdout.write(`${clean(toJsonText(fields))}\n`);
  const time = (): string => new Date(context.clock.now()).toISOString();
  const labels = {
    debug: paint.quiet("debug: "),
    info: "",
    warn: paint.warning("warning: "),
    error: paint.bad("error: "),
  };

  const log = (event: LogEvent): void => {
    const { level, message, fields } = event;
    if (level === "debug" && !options.verbose) return;
    flush();
    if (options.json) writeJson({ type: "log", time: time(), level, message, ...fields });
    else {
      const shown = options.verbose ? Object.entries(fields ?? {}).map(([name, value]) => ` ${name}=${value}`) : [];
      // What goes on in a second line must not look like one of ours.
      const text = printable(message).replaceAll("\n", "\n    ");
      context.stderr.write(
        `${clean(labels[level] + text + paint.quiet(printable(shown.join("")).replaceAll("\n", " ")))}\n`,
      );
    }
  };

  /** Requests that ended within a blink: one write for all of them, when their answers are out. */
  let gathered: RequestRecord[] = [];
  const flush = (): void => {
    if (gathered.length === 0) return;
    const records = gathered;
    gathered = [];
    const lines = records.map((record) =>
      options.json ? toJsonText({ type: "request", ...recordFields(record) }) : requestLine(record, paint),
    );
    if (!options.json && !hasHeading) lines.unshift(paint.quiet(requestHeading()));
    hasHeading = true;
    context.stdout.write(`${clean(lines.join("\n"))}\n`);
    if (!options.json) records.forEach(warnOf);
  };
  const warnOf = ({ id, warnings }: RequestRecord): void => {
    for (const { path, reason } of warnings) {
      // The proxy itself warns once for each kind and tool: an agent sends the same request a thousand times.
      log({ level: "debug", message: `${path}: ${reason}`, fields: { request: id } });
    }
  };
  const ended = (record: RequestRecord): void => {
    if (gathered.length === 0) setTimeout(flush, GATHER_MS);
    gathered.push(record);
  };

  return {
    log,
    flush,
    sink: {
      started(record) {
        if (options.verbose)
          log({ level: "debug", message: `request ${record.id}: ${record.route} from ${record.tool}` });
      },
      ended,
    },
    ready: (fields, forPeople) =>
      options.json
        ? writeJson({ type: "ready", ready: true, time: time(), ...fields })
        : context.stdout.write(clean(forPeople)),
  };
}
