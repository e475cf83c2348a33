import { ZenthrexError } from "../../base/errors.ts";
import { hostedOrigin, localHost } from "../../catalog/endpoints.ts";
import { findModel, type Model } from "../../catalog/models.ts";
import { resolveModel } from "../../catalog/resolve-model.ts";
import { findKey } from "../../config/key.ts";
import { ensureLocalToken, localTokenOf } from "../../config/local-token.ts";
import { updateConfig } from "../../config/store.ts";
import type { Integration, Status, Target } from "../../integrations/types.ts";
import type { Invocation } from "../command.ts";
import type { Configuration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { writeNote } from "../note.ts";
import { writeLine } from "../output.ts";
import { shellSelf } from "./shell-words.ts";

const DEFAULT_MODEL = "claude-opus-4-7";
const DEFAULT_HAIKU = "claude-haiku-4-5";

/** The tool that is to be pointed somewhere, as far as that matters here. */
export interface PointedTool {
  readonly integration: Pick<Integration, "place" | "asksByTier" | "showsStatusline">;
  readonly status: Pick<Status, "models">;
}

/**
 * Where a tool is to be pointed at, from options, present settings and, on a terminal, one question.
 * Throws: ZX_USAGE for a model or port that can't be; ZX_AUTH_KEY_MISSING for `--direct` without a key.
 */
export async function resolveTarget(
  options: Invocation["options"],
  { integration, status }: PointedTool,
  configuration: Configuration,
  context: Context,
): Promise<Target> {
  const kind = options["direct"] === true || integration.place === "remote" ? "direct" : "local";
  const choose = (option: string): string | undefined => chosenModel(option, options[option], configuration, context);
  // Checked before a token is made or a question asked.
  const asked = { model: choose("model"), sonnet: choose("sonnet"), haiku: choose("haiku") };
  const place = await placeOf(kind, integration, options, configuration, context);
  return {
    kind,
    ...place,
    model: asked.model ?? status.models.model ?? DEFAULT_MODEL,
    sonnetModel:
      asked.sonnet ??
      (integration.asksByTier ? await sonnetModel(options, status, configuration, context) : DEFAULT_MODEL),
    haikuModel: asked.haiku ?? status.models.haikuModel ?? DEFAULT_HAIKU,
    documentedKeysOnly: options["documented"] === true,
    through: options["printEnv"] === true ? "environment" : "file",
    ...(options["statusline"] === true && integration.showsStatusline === true ? { statusline: true } : {}),
    self: shellSelf(context),
    platform: context.platform,
    nowMs: context.clock.now(),
  };
}

/** True where a question may be asked: a terminal, and nobody said that it shall not. */
export function mayAsk(options: Invocation["options"], context: Context): boolean {
  return context.stdin.isTty && options["yes"] !== true && options["json"] !== true;
}

type Place = Pick<Target, "origin" | "credential">;

async function placeOf(
  kind: Target["kind"],
  { place }: PointedTool["integration"],
  options: Invocation["options"],
  configuration: Configuration,
  context: Context,
): Promise<Place> {
  if (kind === "local") return localPlace(options, configuration, context);
  // Its steps name no key: whoever follows them brings it along.
  if (place === "remote") return { origin: reachableOrigin(configuration), credential: "" };
  return directPlace(configuration, context);
}

/** A tool whose maker's servers make the calls can't reach an upstream on this machine. */
function reachableOrigin({ settings }: Configuration): string {
  const origin = settings.upstream.value;
  return origin.startsWith("https:") ? origin : hostedOrigin;
}

async function localPlace(
  options: Invocation["options"],
  { settings, paths, values }: Configuration,
  context: Context,
): Promise<Place> {
  const port = settings.port.value;
  if (port === 0) {
    throw new ZenthrexError("ZX_USAGE", "a tool can't be pointed at port 0, which means another port every time", {
      fix: "Name a fixed one: --port 19368.",
    });
  }
  // A dry run writes nothing, not even the token: a stand-in shows where it will be.
  const credential =
    options["dryRun"] === true
      ? (localTokenOf(values) ?? `zxl_${"x".repeat(43)}`)
      : await ensureLocalToken(paths, context.randomBytes);
  return { origin: `http://${localHost}:${port}`, credential };
}

/** The key goes to the one origin that it belongs to: the upstream of the daemon. */
function directPlace({ settings, values }: Configuration, context: Context): Place {
  const found = findKey({ env: context.env, values });
  if (found === undefined) {
    throw new ZenthrexError("ZX_AUTH_KEY_MISSING", "--direct writes the key of the hosted API, and there is none yet", {
      fix: "Run `zenthrex login` first, or set ZENTHREX_KEY for this command.",
    });
  }
  return { origin: settings.upstream.value, credential: found.key };
}

function chosenModel(
  option: string,
  value: Invocation["options"][string],
  { settings }: Configuration,
  context: Context,
): string | undefined {
  if (typeof value !== "string") return undefined;
  const sonnetDefault = settings.sonnetModel.value;
  const resolved = resolveModel(value, {
    aliases: settings.aliases.value,
    ...(sonnetDefault === undefined ? {} : { sonnetDefault }),
  });
  if (resolved.kind === "unknown") {
    const meant = resolved.suggestion === undefined ? "" : `Did you mean ${resolved.suggestion}? `;
    throw new ZenthrexError("ZX_USAGE", `--${option}: the hosted API has no such model`, {
      fix: `${meant}It has ${resolved.known.join(", ")}.`,
    });
  }
  if (resolved.warning !== undefined) writeNote(context, "warning", `--${option}: ${resolved.warning}`);
  return resolved.id;
}

/** The hosted API documents no Sonnet: what such a name means is the user's to say, once. */
async function sonnetModel(
  options: Invocation["options"],
  status: Pick<Status, "models">,
  { settings, paths }: Configuration,
  context: Context,
): Promise<string> {
  const known = status.models.sonnetModel ?? settings.sonnetModel.value;
  if (known !== undefined) return known;
  const isIdle = options["dryRun"] === true || options["printEnv"] === true || options["documented"] === true;
  if (isIdle || !mayAsk(options, context)) return DEFAULT_MODEL;
  const answer = await askForSonnet(context);
  await updateConfig(paths, (values) => ({ ...values, sonnetModel: answer }));
  return answer;
}

async function askForSonnet(context: Context): Promise<string> {
  const choices = [DEFAULT_MODEL, DEFAULT_HAIKU].flatMap((id) => findModel(id) ?? []);
  writeLine(context.stderr, "The hosted API lists no Sonnet model. What shall Claude Code's Sonnet be? (list prices)");
  for (const model of choices) writeLine(context.stderr, `  ${model.tier.padEnd(5)}  ${priceLine(model)}`);
  for (let attempt = 1; attempt <= 3; attempt++) {
    const answer = (await context.stdin.readLine("opus or haiku [opus]: ")).trim().toLowerCase();
    const chosen = answer === "" ? choices[0] : choices.find(({ tier, id }) => tier === answer || id === answer);
    if (chosen !== undefined) return chosen.id;
  }
  throw new ZenthrexError("ZX_USAGE", "the answer was neither opus nor haiku", { fix: "Say it with --sonnet opus." });
}

function priceLine({ id, prices }: Model): string {
  return `${id}: $${prices.input} in, $${prices.output} out for a million tokens`;
}
