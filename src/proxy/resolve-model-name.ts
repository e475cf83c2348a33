import { ZenthrexError } from "../base/errors.ts";
import { printable } from "../base/redact.ts";
import { findModel, models } from "../catalog/models.ts";
import { type ResolvedModel, resolveModel } from "../catalog/resolve-model.ts";
import { firstKeyModel, scanBody, withModel } from "./body-scan.ts";
import type { Exchange } from "./exchange.ts";
import { hasSystemTurn } from "./has-system-turn.ts";
import { noteWarnings } from "./note-warnings.ts";
import type { Verdict } from "./pass.ts";
import { sayOnce } from "./proxy-state.ts";

/** Longer ones are no model's: nothing is compared with them, and nothing keeps them. */
const longestName = 256;

/**
 * Finds out which model is meant. A name that means another one is replaced in the body, and nothing else is.
 * Throws: ZX_MODEL_UNKNOWN; ZX_MODEL_STAND_IN where the other model can't take the request.
 */
export function resolveModelName(exchange: Exchange): Verdict | Promise<Verdict> {
  const { body, isEncoded } = exchange;
  if (body === undefined || isEncoded) return "next";
  const asked = firstKeyModel(body) ?? scanBody(body).model;
  exchange.modelAsked = asked?.slice(0, longestName);
  // A body without a model, or with one that is no string, is the upstream's to refuse.
  if (asked === undefined) return "next";
  const { options } = exchange.proxy;
  if (asked.length > longestName) throw unknownModel(asked, { kind: "unknown", known: documentedIds() });
  if (findModel(asked)?.documented === true && !Object.hasOwn(options.aliases(), asked)) {
    exchange.modelServed = asked;
    return "next";
  }
  return resolve(exchange, asked).then((resolved) => serveModel(exchange, body, asked, resolved));
}

/** The live list is asked for only where the documented table doesn't settle it. */
async function resolve(exchange: Exchange, name: string): Promise<ResolvedModel> {
  const { options, models } = exchange.proxy;
  const sonnetDefault = options.sonnetDefault();
  const names = { aliases: options.aliases(), ...(sonnetDefault === undefined ? {} : { sonnetDefault }) };
  const settled = resolveModel(name, { ...names, live: models.knownIds() });
  if (settled.kind === "model" && settled.warning === undefined) return settled;
  return resolveModel(name, { ...names, live: await models.ids() });
}

function serveModel(exchange: Exchange, body: Buffer, asked: string, resolved: ResolvedModel): Verdict {
  if (resolved.kind === "unknown") throw unknownModel(asked, resolved);
  if (resolved.warning !== undefined) warn(exchange, asked, resolved.warning);
  exchange.modelServed = resolved.id;
  // A translation doesn't send the body that it got.
  if (resolved.id === asked || exchange.lane === "translated") return "next";
  if (exchange.match.route === "messages" && findModel(resolved.id) !== undefined && hasSystemTurn(body)) {
    throw standsInVain(asked, resolved.id);
  }
  const scan = scanBody(body);
  exchange.isStream = scan.stream;
  exchange.body = withModel(body, scan.modelValues, resolved.id);
  return "next";
}

/**
 * What a tool sends to a newer model can be more than the model that stands in takes, and the raw lane changes nothing but the name.
 * Refused here, the words can say what helps.
 */
function standsInVain(asked: string, served: string): ZenthrexError {
  const name = printable(asked).slice(0, 100);
  return new ZenthrexError(
    "ZX_MODEL_STAND_IN",
    `"${name}" is not a model of the hosted API, and ${served}, which stands in for it, takes no system message among the messages`,
    {
      fix: `Set the tool to ${served}; for Claude Code run \`zenthrex setup claude-code\`, or set ANTHROPIC_MODEL=${served}.`,
    },
  );
}

function documentedIds(): string[] {
  return models.filter(({ documented }) => documented).map(({ id }) => id);
}

function unknownModel(name: string, { known, suggestion }: ResolvedModel & { kind: "unknown" }): ZenthrexError {
  const shown = printable(name).slice(0, 100);
  const hint = suggestion === undefined ? "" : ` (did you mean ${suggestion}?)`;
  return new ZenthrexError(
    "ZX_MODEL_UNKNOWN",
    `the hosted API has no model "${shown}"${hint}: it has ${known.join(", ")}`,
    {
      fix: `Choose one of these, or map the name: \`zenthrex config set aliases.${/^[\w.-]+$/.test(shown) ? shown : "<name>"} ${known[0] ?? "<model>"}\`.`,
    },
  );
}

function warn(exchange: Exchange, asked: string, reason: string): void {
  noteWarnings(exchange, [{ code: "changed:model", path: "model", reason }]);
  if (!sayOnce(exchange.proxy, `model ${asked}`)) return;
  exchange.proxy.options.log({
    level: "warn",
    message: printable(reason),
    fields: { model: printable(asked).slice(0, 100) },
  });
}
