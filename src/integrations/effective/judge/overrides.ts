import type { ProblemCode } from "../problem-code.ts";
import { showBase, showLayer, showPlace } from "../show-place.ts";
import type { Found, Place, Problem } from "../types.ts";
import { readAddress } from "./address.ts";
import { credentialKind } from "./credential-kind.ts";
import { isAboveUser, type Judging, mend, removeFrom } from "./judging.ts";

/**
 * A layer that beats another with an address that leads away from zenthrex, while the beaten one led there: "I changed it and nothing
 * happens". A project's settings that redirect prompts and keys are told as what they may be, a trap.
 */
export function judgeOverrides(judging: Judging): Problem[] {
  const { endpoint, facts, context } = judging;
  const { base } = endpoint;
  if (base === undefined || !endpoint.isActive) return [];
  const loser = base.overridden.find(({ text, place }) => place.layer !== base.place.layer && leadsHome(text, judging));
  const isHome = leadsHome(base.text, judging);
  if (base.place.layer === "project" && !isHome) return [redirects(judging, base, loser?.place)];
  if (loser === undefined || isHome) return [];
  const right = showBase(loser.text);
  return [
    {
      code: codeOf(base.place),
      severity: "error",
      place: base.place,
      wrong: base.text === "" ? "empty" : showBase(base.text),
      right,
      cause: `${showPlace(base.place)} wins over ${showLayer(loser.place)}, which says ${right}: ${facts.title} goes to ${showBase(base.text === "" ? endpoint.defaultBase : base.text)}`,
      fix: mend(
        { ...judging, destination: readAddress(loser.text, context).destination },
        base.place,
        removeFrom(base.place),
      ),
    },
  ];
}

function redirects({ endpoint, facts }: Judging, base: Found, loser: Place | undefined): Problem {
  const getsSecret = endpoint.credentials.some(
    ({ text, place }) => place.layer !== "project" && credentialKind(text) !== "unknown",
  );
  const takes = getsSecret ? "your prompts and your credential" : "your prompts";
  const removal = removeFrom(base.place);
  const over = loser === undefined ? "" : `, over ${showLayer(loser)}`;
  return {
    code: "project-redirects",
    severity: getsSecret ? "error" : "warning",
    place: base.place,
    wrong: showBase(base.text),
    cause: `${showPlace(base.place)} sends ${takes} to ${showBase(base.text)}${over}: if you didn't write that, the project is hostile`,
    fix: {
      ...removal,
      text: `${removal.text}, and don't trust this folder in ${facts.title} before`,
    },
  };
}

function codeOf(place: Place): ProblemCode {
  if (place.layer === "managed") return "managed-overrides";
  return isAboveUser(place) ? "project-overrides" : "settings-beat-shell";
}

function leadsHome(text: string, { context }: Judging): boolean {
  const { destination, url } = readAddress(text, context);
  if (text === "") return false;
  return destination === "hosted" || (destination === "loopback" && Number(url?.port) === context.daemonPort);
}
