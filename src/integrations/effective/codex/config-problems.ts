import { maskSecret } from "../../../base/redact.ts";
import { foundIn } from "../found.ts";
import { joinRules } from "../join-rules.ts";
import { readAddress, rightBase } from "../judge/address.ts";
import { credentialKind } from "../judge/credential-kind.ts";
import { daemonOrigin, tokenInto } from "../judge/judging.ts";
import type { KeyChange, KeyEdit } from "../key-edit.ts";
import type { LocatedFile } from "../read-located.ts";
import { placeAddress, showPlace } from "../show-place.ts";
import type { EffectiveContext, Found, Place, Problem, ProblemFix } from "../types.ts";
import { type CodexFiles, isOwnProfile, laidOver } from "./config-views.ts";
import { holdsKey, providersIn, selectedIn } from "./endpoints.ts";

const SETUP = ["setup", "codex"];

/** What keeps Codex from starting, or from finding a key, whatever address is meant. */
export function refusals({ main, profiles }: CodexFiles, context: EffectiveContext): Problem[] {
  const files = [main, ...profiles];
  return [
    ...files.flatMap((file) => wireProblems(file, context)),
    ...files.flatMap((file) => keyNameProblems(laidOver(file, main), file, context)),
  ];
}

/** One such provider keeps Codex from reading the file at all. The guides that say "chat" name the hosted API too, which has no Responses. */
function wireProblems(file: LocatedFile, context: EffectiveContext): Problem[] {
  return providersIn(file).flatMap((id): Problem[] => {
    const found = foundIn(file, ["model_providers", id, "wire_api"]);
    if (found === undefined || found.text === "responses") return [];
    const { place } = found;
    const text = `Set wire_api = "responses" at ${placeAddress(place)}`;
    return [
      {
        code: "wire-api-chat",
        severity: "error",
        place,
        wrong: found.text,
        right: "responses",
        cause: `${showPlace(place)} is "${found.text}", which Codex no longer has: it refuses to start`,
        fix: isOwnProfile(file)
          ? { text: `${text}, or run \`zenthrex setup codex\``, command: SETUP }
          : repair(text, place, { value: "responses" }, addressOf(file, id, context)),
      },
    ];
  });
}

function addressOf(file: LocatedFile, id: string, context: EffectiveContext): KeyChange[] {
  const base = foundIn(file, ["model_providers", id, "base_url"]);
  const { destination } = readAddress(base?.text ?? "", context);
  if (base?.place.keys === undefined || !["hosted", "near-hosted"].includes(destination)) return [];
  return [{ keys: base.place.keys as readonly string[], value: rightBase(daemonOrigin(context), joinRules.responses) }];
}

function keyNameProblems(view: LocatedFile, file: LocatedFile, context: EffectiveContext): Problem[] {
  return providersIn(file).flatMap((id): Problem[] => {
    const path = ["model_providers", id];
    const found = foundIn(file, [...path, "env_key"]);
    if (found === undefined || !holdsKey(found.text)) return [];
    return [
      {
        code: "credential-in-env-key",
        severity: selectedIn(view) === id ? "error" : "warning",
        place: found.place,
        wrong: maskSecret(found.text),
        right: "the name of a variable",
        cause: `${showPlace(found.place)} holds a key itself: env_key is the name of a variable, and Codex says that it is missing`,
        fix: keyFix(found, file, path, context),
      },
    ];
  });
}

/** A key of ours there means that the daemon is meant: its token goes where a key may stand. */
function keyFix(found: Found, file: LocatedFile, path: readonly string[], context: EffectiveContext): ProblemFix {
  const text = `Put the name of a variable there (${placeAddress(found.place)}) and export it`;
  if (isOwnProfile(file)) return { text: `${text}, or run \`zenthrex setup codex\``, command: SETUP };
  const isOurs = ["local-token", "hosted-key"].includes(credentialKind(found.text));
  const credential = [...path, "experimental_bearer_token"];
  const instead = [[...path, "env_key"]];
  return (
    (isOurs ? tokenInto({ file: file.path, syntax: "toml", credential, instead }, context.localToken) : undefined) ?? {
      text,
    }
  );
}

function repair(
  text: string,
  place: Place,
  change: Pick<KeyEdit, "value">,
  also: readonly KeyChange[] = [],
): ProblemFix {
  const { file, keys } = place;
  if (file === undefined || keys === undefined) return { text };
  return { text, edit: { file, syntax: "toml", keys, ...change, also } };
}
