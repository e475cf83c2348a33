import { printable, redact } from "../../base/redact.ts";
import type { LogEvent, RequestRecord, RequestSink } from "../../proxy/options.ts";
import type { Context } from "../context.ts";
import { toJsonText } from "../format.ts";
import { createPaint } from "../output.ts";
import { requestFields, requestHeading, requestLine } from "./request-line.ts";

/** Where `serve` tells what happens: for people lines, for programs JSON lines. */
export interface ServeLog {
  readonly sink: RequestSink;
  readonly log: (event: LogEvent) => void;
  /** Says that it serves: JSON lines get the event, people what `forPeople` says. */
  readonly ready: (fields: Readonly<Record<string, unknown>>, forPeople: string) => void;
}

/** How much is told. `verbose` adds debug events and what warnings are about. */
export interface ServeLogOptions {
  readonly json: boolean;
  readonly verbose: boolean;
  /** What must never be written, whatever its shape: the key as it is now. */
  readonly secrets: () => readonly string[];
}

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
    if (options.json) writeJson({ type: "log", time: time(), level, message, ...fields });
    else {
      const shown = options.verbose ? Object.entries(fields ?? {}).map(([name, value]) => ` ${name}=${value}`) : [];
      context.stderr.write(`${clean(labels[level] + printable(message) + paint.quiet(printable(shown.join(""))))}\n`);
    }
  };

  const ended = (record: RequestRecord): void => {
    if (options.json) {
      writeJson({ type: "request", ...requestFields(record) });
      return;
    }
    if (!hasHeading) context.stdout.write(`${paint.quiet(requestHeading())}\n`);
    hasHeading = true;
    context.stdout.write(`${clean(requestLine(record, paint))}\n`);
    for (const { path, reason } of record.warnings) {
      log({ level: "warn", message: `${path}: ${reason}`, fields: { request: record.id } });
    }
  };

  return {
    log,
    sink: {
      started: (record) =>
        log({ level: "debug", message: `request ${record.id}: ${record.route} from ${record.tool}` }),
      ended,
    },
    ready: (fields, forPeople) =>
      options.json ? writeJson({ type: "ready", ready: true, ...fields }) : context.stdout.write(clean(forPeople)),
  };
}
