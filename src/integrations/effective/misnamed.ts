import { isJsonObject } from "../../base/json.ts";
import { valueAt } from "../../config/resolve.ts";
import { portOf, readAddress } from "./judge/address.ts";
import { isAboveUser, setTo, setupCommand } from "./judge/judging.ts";
import type { LocatedFile } from "./read-located.ts";
import { placeAddress, showBase, showPlace } from "./show-place.ts";
import type { Destination, EffectiveContext, Place, Problem } from "./types.ts";

// How tools and libraries call a base URL, dashes, underscores and capitals aside. People carry the name of one into the next.
const BASE_NAMES =
  /^(?:openai|anthropic|openaicompatible)?(?:api|base|endpoint|server|host)?(?:base|url|uri|baseurl|endpoint)$/;

/** Where a base URL is looked for, and by which name the tool reads it. */
export interface BaseHome {
  readonly tool: string;
  readonly title: string;
  /** The object that has it, and the key in it that the tool reads. */
  readonly parent: readonly (string | number)[];
  readonly key: string;
  /** Objects above it in which it is put by mistake. */
  readonly beside?: readonly (readonly (string | number)[])[];
}

/** An address of ours under a name that the tool doesn't read, where the right name holds nothing. */
export function misnamedBase(file: LocatedFile, home: BaseHome, context: EffectiveContext): Problem[] {
  const { parent, key, beside = [] } = home;
  if (at(file.values, [...parent, key]) !== undefined) return [];
  for (const place of [parent, ...beside]) {
    const object = at(file.values, place);
    for (const [name, value] of Object.entries(isJsonObject(object) ? object : {})) {
      const isSame = place === parent && name === key;
      if (isSame || typeof value !== "string" || !isBaseName(name) || !leadsHere(value, context)) continue;
      const right = file.place([...parent, key]);
      const found = misnamed(file.place([...place, name]), right.name, home, readAddress(value, context).destination);
      const moved = setTo({ ...file.place(parent), ...right }, value);
      // The user's own entry is mended where it stands: setup would write another beside it.
      return [
        moved.edit === undefined
          ? found
          : { ...found, fix: { ...moved, text: `Put ${showBase(value)} under ${right.name} in ${file.path}` } },
      ];
    }
  }
  return [];
}

/** A setting that the tool doesn't read, and where it belongs. */
export function misnamed(
  place: Place,
  right: string,
  { tool, title }: Pick<BaseHome, "tool" | "title">,
  destination: Destination,
): Problem {
  const text = `Put the value of ${place.name} (${placeAddress(place)}) under ${right} instead`;
  const command = isAboveUser(place) ? undefined : setupCommand(tool, destination !== "loopback");
  return {
    code: "setting-misnamed",
    severity: "error",
    place,
    wrong: place.name,
    cause: `${showPlace(place)} is nothing that ${title} reads: it looks for ${right}`,
    fix: command === undefined ? { text } : { text: `${text}, or run \`zenthrex ${command.join(" ")}\``, command },
  };
}

function isBaseName(name: string): boolean {
  return BASE_NAMES.test(name.toLowerCase().replace(/[-_]/g, ""));
}

function leadsHere(value: string, context: EffectiveContext): boolean {
  const { destination, url } = readAddress(value, context);
  return (
    ["hosted", "near-hosted"].includes(destination) ||
    (destination === "loopback" && portOf(url) === context.daemonPort)
  );
}

/** As a plain lookup, but that lists are entered by their numbers. */
function at(values: unknown, path: readonly (string | number)[]): unknown {
  let value = values;
  for (const key of path) {
    if (typeof key === "number") value = Array.isArray(value) ? value[key] : undefined;
    else value = valueAt(value, [key]);
  }
  return value;
}
