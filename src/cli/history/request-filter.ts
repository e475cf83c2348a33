import { ZenthrexError } from "../../base/errors.ts";
import { isFailed } from "../../history/summarize.ts";
import type { HistoryEntry, JournalOutcome } from "../../history/types.ts";
import type { Invocation } from "../command.ts";

type Filter = (entry: HistoryEntry) => boolean;

const outcomes: readonly JournalOutcome[] = [
  "completed",
  "client_aborted",
  "client_stalled",
  "upstream_error",
  "proxy_error",
  "interrupted",
];

const words: Readonly<Record<string, Filter>> = {
  ok: ({ record, isRunning }) => !isRunning && !isFailed(record),
  failed: ({ record, isRunning }) => !isRunning && isFailed(record),
  running: ({ isRunning }) => isRunning,
};

/** Which requests a command line asks for: --tool, --model and --status together. Throws: ZX_USAGE. */
export function requestFilter(options: Invocation["options"]): Filter {
  const filters = [toolFilter(options["tool"]), modelFilter(options["model"]), statusFilter(options["status"])];
  return (entry) => filters.every((filter) => filter(entry));
}

type Given = Invocation["options"][string];

function toolFilter(given: Given): Filter {
  if (typeof given !== "string") return () => true;
  const name = given.toLowerCase();
  return ({ record }) => record.tool.toLowerCase().startsWith(name);
}

function modelFilter(given: Given): Filter {
  if (typeof given !== "string") return () => true;
  const part = given.toLowerCase();
  return ({ record }) =>
    [record.modelAsked, record.modelServed].some((model) => model?.toLowerCase().includes(part) === true);
}

function statusFilter(given: Given): Filter {
  if (typeof given !== "string") return () => true;
  const word = given.toLowerCase();
  const known = Object.hasOwn(words, word) ? words[word] : undefined;
  if (known !== undefined) return known;
  const outcome = outcomes.find((each) => each === word.replaceAll("-", "_"));
  if (outcome !== undefined) return ({ record, isRunning }) => !isRunning && record.outcome === outcome;
  if (/^[1-5]\d\d$/.test(word)) return ({ record }) => record.status === Number(word);
  if (/^[1-5]xx$/.test(word)) return ({ record }) => Math.floor(record.status / 100) === Number(word[0]);
  throw new ZenthrexError("ZX_USAGE", "bad value of --status: expected a status, a class or an outcome", {
    fix: `For example 429, 5xx, ok, failed, running, ${outcomes.slice(1).join(", ")}.`,
  });
}
