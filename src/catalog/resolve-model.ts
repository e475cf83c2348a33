import { nearest } from "../base/registry.ts";
import { findModel, models, openaiAliases } from "./models.ts";

/** What may change which model a name means. */
export interface ModelNames {
  /** The user's own aliases; they win over everything. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Ids of the live `/v1/models`, where it was read. */
  readonly live?: readonly string[];
  /** What a Sonnet name means while the hosted API lists none. */
  readonly sonnetDefault?: string;
}

/** A name that means a model, and how it came to. `warning` is said once per name. */
export type ResolvedModel =
  | { readonly kind: "model"; readonly id: string; readonly warning?: string }
  | { readonly kind: "unknown"; readonly known: readonly string[]; readonly suggestion?: string };

const tierDefaults: Readonly<Record<string, string>> = { opus: "claude-opus-4-7", haiku: "claude-haiku-4-5" };

/**
 * Resolves a name that a tool sent to a model that exists: exact ids first, then the user's aliases, the documented OpenAI-style
 * names, tier words, dated ids, case, and unknown `claude-*` names by their tier.
 * Shape: `unknown` carries the list of what there is. Source: hosted documentation, "Models" and "OpenAI-style aliases".
 */
export function resolveModel(name: string, names: ModelNames = {}): ResolvedModel {
  const alias = own(names.aliases, name) ?? own(names.aliases, name.toLowerCase());
  if (alias !== undefined) return { kind: "model", id: alias };
  const live = names.live ?? [];
  const exists = (id: string): boolean => live.includes(id) || findModel(id)?.documented === true;
  if (exists(name)) return { kind: "model", id: name };
  const lower = name.trim().toLowerCase();
  if (exists(lower)) return { kind: "model", id: lower };
  const openai = own(openaiAliases, lower);
  if (openai !== undefined) return { kind: "model", id: openai };
  const oneMillion = /^(.*)\[1m\]$/.exec(lower)?.[1];
  if (oneMillion !== undefined) {
    const base = resolveModel(oneMillion, names);
    if (base.kind === "model" && exists(`${base.id}-1m`)) return { ...base, id: `${base.id}-1m` };
    return base;
  }
  const dated = /^(claude-.+)-20\d{6}$/.exec(lower)?.[1];
  if (dated !== undefined && exists(dated)) return { kind: "model", id: dated };
  const vendored = /^(?:anthropic|zenthrex)[./](claude-.+)$/.exec(lower)?.[1];
  if (vendored !== undefined) return resolveModel(vendored, names);
  return byTier(name, lower, names, exists);
}

function byTier(name: string, lower: string, names: ModelNames, exists: (id: string) => boolean): ResolvedModel {
  const isTierWord = /^(opus|sonnet|haiku)$/.test(lower);
  if (isTierWord || lower.startsWith("claude")) {
    const tier = /opus|sonnet|haiku/.exec(lower)?.[0] ?? "opus";
    const liveOfTier = tier === "sonnet" ? ["claude-sonnet-4-6"].find(exists) : undefined;
    const id = liveOfTier ?? tierDefaults[tier] ?? names.sonnetDefault ?? "claude-opus-4-7";
    if (isTierWord && tier !== "sonnet") return { kind: "model", id };
    if (liveOfTier !== undefined && isTierWord) return { kind: "model", id };
    return { kind: "model", id, warning: `the hosted API has no model "${name}": ${id} is used instead` };
  }
  const known = [
    ...new Set([...models.filter((model) => model.documented).map((model) => model.id), ...(names.live ?? [])]),
  ];
  const suggestion = nearest(lower, [...known, ...Object.keys(openaiAliases)]);
  return suggestion === undefined ? { kind: "unknown", known } : { kind: "unknown", known, suggestion };
}

/** A name may be "constructor": only what the table itself has counts. */
function own(table: Readonly<Record<string, string>> | undefined, name: string): string | undefined {
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}
