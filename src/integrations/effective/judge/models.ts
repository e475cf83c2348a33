import { findModel, openaiAliases } from "../../../catalog/models.ts";
import { resolveModel } from "../../../catalog/resolve-model.ts";
import { showPlace } from "../show-place.ts";
import type { FoundModel, Problem } from "../types.ts";
import { type Judging, mend, type Repair, setTo } from "./judging.ts";

/** What is wrong with the model names that a tool will ask for. */
export function judgeModels(judging: Judging): Problem[] {
  if (!["daemon", "hosted"].includes(judging.destination)) return [];
  const problems = judging.endpoint.models.flatMap((model) => judgeModel(judging, model));
  // One cause is said once: an unpinned tool has four names that nobody chose.
  const seen = new Set<string>();
  return problems.filter(({ code, wrong, severity }) => {
    const key = code === "model-unpinned" ? `${code}${severity}` : `${code}${wrong}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}

function judgeModel(judging: Judging, model: FoundModel): Problem[] {
  const { context, destination, facts } = judging;
  const { text, requested, role, place, isDefault } = model;
  const resolved = resolveModel(text, namesOf(judging));
  const meant = resolved.kind === "model" ? resolved.id : resolved.suggestion;
  // The nearest name may be one that this format doesn't have: gpt-4 stands for a model in the OpenAI formats only.
  const right = meant !== undefined && exists(judging, meant) ? meant : "claude-opus-4-7";
  const written = `${model.prefix ?? ""}${right}`;
  if (/\[1m\]$/i.test(text)) return [suffix(judging, model)];
  if (exists(judging, requested)) return [];
  const mend_ = mend(judging, isDefault ? undefined : place, choiceOf(model, right, written));
  if (isDefault) {
    const cause = `${facts.title} asks for ${requested} by default, which the hosted API doesn't list: no setting names a model for ${place.name}`;
    const severity = destination === "daemon" || role === "background" ? "note" : "error";
    return [{ code: "model-unpinned", severity, place, wrong: requested, right, cause, fix: mend_ }];
  }
  const isMapped = destination === "daemon" && resolved.kind === "model";
  const does = isMapped ? `: the daemon uses ${right} for it` : ": a 404, which tools report as a wrong model";
  const isPlainAlias = isMapped && (resolved.warning === undefined || Object.hasOwn(context.aliases, text));
  if (isPlainAlias) return [];
  return [
    {
      code: "model-unknown",
      severity: isMapped ? "note" : role === "main" ? "error" : "warning",
      place,
      wrong: requested,
      right: written,
      cause: `${showPlace(place)} asks for ${requested}, which the hosted API doesn't list${does}`,
      fix: mend_,
    },
  ];
}

/** Another model by the setting alone, where that can name it. */
function choiceOf({ place, choices }: FoundModel, right: string, written: string): Repair {
  const { edit, ...words } = setTo(place, written);
  const isChoice = choices === undefined || choices.includes(right);
  return isChoice && edit !== undefined ? { ...words, edit } : words;
}

/** The client takes the suffix off and believes in a window of a million tokens, which that id doesn't have. */
function suffix(judging: Judging, { text, place }: FoundModel): Problem {
  const base = text.replace(/\[1m\]$/i, "");
  const right = findModel(`${base}-1m`)?.id ?? "claude-opus-4-7-1m";
  return {
    code: "model-suffix-1m",
    severity: "warning",
    place,
    wrong: text,
    right,
    cause: `${showPlace(place)} is ${text}: the suffix isn't sent, so that ${base} with its 200K window answers while a million is believed in`,
    fix: mend(judging, place, setTo(place, right)),
  };
}

function exists({ context, endpoint, destination }: Judging, name: string): boolean {
  if (findModel(name)?.documented === true || context.liveModels?.includes(name) === true) return true;
  if (endpoint.join.format !== "anthropic" && Object.hasOwn(openaiAliases, name)) return true;
  return destination === "daemon" && Object.hasOwn(context.aliases, name);
}

function namesOf({ context }: Judging): Parameters<typeof resolveModel>[1] {
  return { aliases: context.aliases, ...(context.liveModels === undefined ? {} : { live: context.liveModels }) };
}
