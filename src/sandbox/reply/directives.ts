import { isJsonObject } from "../../base/json.ts";
import { refusalStatuses } from "../refusal.ts";
import { fillerText, fillerThought } from "./filler.ts";
import { type CutKind, type Fault, type Point, type ReplyBlock, type StopReason, stopReasons } from "./reply.ts";

/** What one directive asks for. `tool` is made into a block once it is known which tools there are. */
export type Effect =
  | { readonly kind: "block"; readonly block: ReplyBlock }
  | { readonly kind: "tool"; readonly name: string; readonly input: Record<string, unknown> | undefined }
  | { readonly kind: "deltas"; readonly count: number }
  | { readonly kind: "stop"; readonly reason: StopReason }
  | { readonly kind: "fault"; readonly fault: Fault };

/** Words and settings of a directive: `stall 5 at=3` -> words ["5"], settings { at: "3" }. */
interface Arguments {
  readonly text: string;
  readonly words: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
}

/** A directive that can't be understood. Shape: a clause for people. */
class DirectiveProblem extends Error {}

const longestText = 32 * 1024 * 1024;

function readArguments(text: string): Arguments {
  const parts = text.split(/\s+/).filter((part) => part !== "");
  const isSetting = (part: string): boolean => /^(at|after|times)=/.test(part);
  const settings = parts
    .filter(isSetting)
    .map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]);
  return { text, words: parts.filter((part) => !isSetting(part)), settings: Object.fromEntries(settings) };
}

function wholeNumber(word: string | undefined, most: number, what: string, standard?: number): number {
  if (word === undefined && standard !== undefined) return standard;
  const number = /^\d+$/.test(word ?? "") ? Number(word) : Number.NaN;
  if (number <= most) return number;
  throw new DirectiveProblem(`${what} must be a whole number up to ${most}`);
}

function seconds(word: string | undefined): number {
  const number = /^\d+(\.\d+)?$/.test(word ?? "") ? Number(word) : Number.NaN;
  if (number <= 86_400) return number;
  throw new DirectiveProblem("stall takes seconds: a number up to 86400");
}

function pointOf({ settings }: Arguments, standard: Point): Point {
  const at = settings["at"];
  if (at === undefined) return standard;
  if (at === "before" || at === "start" || at === "end") return at;
  if (/^\d+$/.test(at)) return Number(at);
  throw new DirectiveProblem("at= takes before, start, end or a number of deltas");
}

function statusOf(word: string | undefined, standard: number, allowed: readonly number[]): number {
  const status = wholeNumber(word, 599, "the status", standard);
  if (allowed.includes(status)) return status;
  throw new DirectiveProblem(`the status must be one of ${allowed.join(", ")}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DirectiveProblem("its JSON is not valid");
  }
}

function toolEffect({ text }: Arguments): Effect {
  const [, name = "", json = ""] = /^\s*(\S+)\s*([\s\S]*)$/.exec(text) ?? [];
  if (name === "") throw new DirectiveProblem("tool takes the name of a tool");
  if (json.trim() === "") return { kind: "tool", name, input: undefined };
  const input = jsonOf(json);
  if (!isJsonObject(input)) throw new DirectiveProblem("the input of a tool must be a JSON object");
  return { kind: "tool", name, input };
}

function errorFault({ words, settings }: Arguments): Fault {
  const message = words.slice(1).join(" ");
  return {
    kind: "error",
    status: statusOf(words[0], 500, refusalStatuses),
    ...(message === "" ? {} : { message }),
    ...(settings["after"] === undefined ? {} : { retryAfterSeconds: wholeNumber(settings["after"], 86_400, "after=") }),
    ...(settings["times"] === undefined ? {} : { times: wholeNumber(settings["times"], 1_000, "times=") }),
  };
}

const cutWords: Readonly<Record<string, CutKind>> = {
  boundary: "boundary",
  reset: "reset",
  clean: "clean",
  half: "clean-half-frame",
};

function cutFault(given: Arguments): Fault {
  const word = given.words[0];
  const how = word === undefined ? "half-frame" : cutWords[word];
  if (how === undefined) throw new DirectiveProblem(`cut takes nothing or one of ${Object.keys(cutWords).join(", ")}`);
  return { kind: "cut", how, at: pointOf(given, 1) };
}

function redirectFault({ words }: Arguments): Fault {
  const location = words.find((word) => word.includes("/")) ?? "https://sandbox.invalid/v1/messages";
  const status = statusOf(
    words.find((word) => !word.includes("/")),
    307,
    [301, 302, 303, 307, 308],
  );
  return { kind: "redirect", status, location };
}

function stopEffect({ words }: Arguments): Effect {
  const reason = stopReasons.find((one) => one === words[0]);
  if (reason === undefined) throw new DirectiveProblem(`stop takes one of ${stopReasons.join(", ")}`);
  return { kind: "stop", reason };
}

const text = (content: string): Effect => ({ kind: "block", block: { type: "text", text: content } });
const fault = (one: Fault): Effect => ({ kind: "fault", fault: one });
const anyStatus = Array.from({ length: 400 }, (_, index) => 200 + index);

/** The directives, by their first word. */
const directives: Readonly<Record<string, (given: Arguments) => Effect>> = {
  text: (given) => text(given.text),
  length: ({ words }) => text(fillerText(wholeNumber(words[0], longestText, "length"))),
  "say-json": (given) => text(JSON.stringify(jsonOf(given.text))),
  deltas: ({ words }) => ({ kind: "deltas", count: wholeNumber(words[0], 100_000, "deltas") }),
  think: ({ words }) => ({
    kind: "block",
    block: { type: "thinking", thinking: fillerThought(wholeNumber(words[0], 10_000, "think", 1)) },
  }),
  "redacted-thinking": () => ({ kind: "block", block: { type: "redacted_thinking", thinking: fillerThought(1) } }),
  tool: toolEffect,
  stop: stopEffect,
  error: (given) => fault(errorFault(given)),
  html: ({ words }) => fault({ kind: "html", status: statusOf(words[0], 200, anyStatus) }),
  empty: ({ words }) => fault({ kind: "empty", status: statusOf(words[0], 200, anyStatus) }),
  redirect: (given) => fault(redirectFault(given)),
  stall: (given) => fault({ kind: "stall", seconds: seconds(given.words[0]), at: pointOf(given, 1) }),
  cut: (given) => fault(cutFault(given)),
  "error-event": (given) => {
    const status = statusOf(given.words[0], 529, refusalStatuses);
    return fault({ kind: "error-event", status, at: pointOf(given, 1) });
  },
  ping: (given) => fault({ kind: "ping", count: wholeNumber(given.words[0], 1_000, "ping", 1), at: pointOf(given, 1) }),
  pace: ({ words }) => fault({ kind: "pace", milliseconds: wholeNumber(words[0], 600_000, "pace") }),
};

/** The words that begin a directive. */
export const directiveWords: readonly string[] = Object.keys(directives);

/** Directives whose argument is JSON, which may itself hold "]]". */
export const jsonDirectives: readonly string[] = ["tool", "say-json"];

/**
 * Understands one directive (what stands between `[[sandbox:` and `]]`).
 * Shape: what it asks for, or a sentence on why it can't be understood.
 */
export function readDirective(source: string): Effect | string {
  const [, word = "", rest = ""] = /^\s*(\S+)\s?([\s\S]*)$/.exec(source) ?? [];
  const read = Object.hasOwn(directives, word) ? directives[word] : undefined;
  if (read === undefined) return `sandbox: there is no directive "${word}"; there are ${directiveWords.join(", ")}`;
  try {
    return read(readArguments(rest.trimEnd()));
  } catch (error) {
    if (error instanceof DirectiveProblem) return `sandbox: the directive "${word}" is not valid: ${error.message}`;
    throw error;
  }
}
