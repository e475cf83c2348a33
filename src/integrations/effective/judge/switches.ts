import { showPlace } from "../show-place.ts";
import type { Problem } from "../types.ts";
import { type Judging, mend, removeFrom } from "./judging.ts";

/** Switches that send the tool to another provider, whatever the base URL says. */
export function judgeSwitches(judging: Judging): Problem[] {
  const { facts } = judging;
  return facts.switches.slice(0, 1).map((found) => ({
    code: "provider-switch",
    severity: "error",
    place: found.place,
    wrong: `${found.place.name}=${found.text}`,
    right: "",
    cause: `${showPlace(found.place)} is on: ${facts.title} then goes to another provider and ignores the base URL`,
    fix: mend(judging, found.place, removeFrom(found.place)),
  }));
}
