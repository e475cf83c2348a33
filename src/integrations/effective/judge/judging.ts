import { localHost } from "../../../catalog/endpoints.ts";
import type { KeyEdit } from "../key-edit.ts";
import { placeAddress, showLayer } from "../show-place.ts";
import type {
  ApartEntry,
  ConfiguredEndpoint,
  Destination,
  EffectiveContext,
  Place,
  ProblemFix,
  ToolFacts,
} from "../types.ts";
import type { Address } from "./address.ts";

/** One endpoint under judgement, with what is known of the machine. */
export interface Judging {
  readonly facts: ToolFacts;
  readonly endpoint: ConfiguredEndpoint;
  readonly address: Address;
  /** As the address, but a port of this machine where the daemon answers counts as the daemon. */
  readonly destination: Destination;
  readonly context: EffectiveContext;
}

/** How the daemon is written in settings. */
export function daemonOrigin({ daemonPort }: Pick<EffectiveContext, "daemonPort">): string {
  return `http://${localHost}:${daemonPort}`;
}

// What takes its settings from the shell alone, and what lives in an editor's own storage: `zenthrex setup` writes for neither.
const BY_SHELL = new Set(["anthropic-sdk", "openai-sdk", "copilot-cli"]);
const BY_HAND = new Set([...BY_SHELL, "cursor"]);

/** The setup command of a tool; undefined where nothing can be written for it. `keepsHosted`: it goes on calling the hosted API itself. */
export function setupCommand(tool: string, keepsHosted: boolean): readonly string[] | undefined {
  if (BY_HAND.has(tool)) return undefined;
  return keepsHosted ? ["setup", tool, "--direct"] : ["setup", tool];
}

/** True for layers that beat what setup writes: only their own file can be mended. */
export function isAboveUser(place: Place | undefined): boolean {
  const isAbove = ["project", "project-local", "script", "command-line", "managed"].includes(place?.layer ?? "");
  return isAbove || place?.beatsSetup === true;
}

/** A repair of one value: what a person would do, a whole imperative sentence without a full stop, and the same as an edit. */
export interface Repair {
  readonly text: string;
  readonly edit?: KeyEdit;
}

/**
 * How a wrong value is mended: by setting the tool up again where that wins, else by the edit of the one key where the file at fault
 * beats it or the entry is the user's own, and in words where neither may be: an administrator's file, a shell.
 */
export function mend(
  judging: Pick<Judging, "facts" | "destination" | "endpoint">,
  place: Place | undefined,
  byHand: Repair,
): ProblemFix {
  const isHosted = judging.destination === "hosted" || judging.destination === "near-hosted";
  // The real key is never written into VS Code's settings, which are synchronised.
  const keepsHosted = isHosted && place?.layer !== "vs-code";
  if (judging.endpoint.apart !== undefined && !isAboveUser(place)) {
    return { ...byHand, beside: ["setup", judging.facts.tool] };
  }
  const command = isAboveUser(place) ? undefined : setupCommand(judging.facts.tool, keepsHosted);
  if (command === undefined) return byHand;
  const { isUsersOwn, isReplacedBySetup } = judging.endpoint;
  if (isUsersOwn === true && byHand.edit !== undefined) {
    const anew = `, or set ${judging.facts.title} up anew: \`zenthrex ${command.join(" ")}\``;
    return { ...byHand, text: `${byHand.text}${isReplacedBySetup === true ? anew : ""}` };
  }
  return { text: `${byHand.text}, or run \`zenthrex ${command.join(" ")}\``, command };
}

/** "Set X to Y in ~/.claude/settings.json:3:5" */
export function setTo(place: Place, right: string): Repair {
  return { text: setInWords(place, right), ...editOf(place, { value: right }) };
}

/** As `setTo`, for a value that isn't known: "your key". */
export function setInWords(place: Place, right: string): string {
  const where = placeAddress(place);
  if (place.layer === "shell") {
    return where === undefined
      ? `Say export ${place.name}=${right}`
      : `Set ${place.name}=${right} at ${where} and start a new shell`;
  }
  const what = `${place.name} to ${right} in ${where ?? showLayer(place)}`;
  return place.layer === "managed" ? `Ask your administrator to set ${what}` : `Set ${what}`;
}

/** The credential of an entry that setup doesn't write becomes the local token; undefined where there is none, or no place for it. */
export function tokenInto(apart: ApartEntry | undefined, localToken: string | undefined): Repair | undefined {
  const keys = apart?.credential;
  if (apart === undefined || keys === undefined || localToken === undefined) return undefined;
  const also = apart.instead.map((other) => ({ keys: other }));
  const without =
    apart.instead.length === 0 ? "" : `, without ${apart.instead.map((path) => path.at(-1)).join(" and ")}`;
  return {
    text: `Set ${keys.join(".")} to the local token (\`zenthrex key token\`)${without}, in ${apart.file}`,
    edit: { file: apart.file, syntax: apart.syntax, keys, fill: "local-token", also },
  };
}

/** The credential that belongs there, in the place of one that doesn't. `named`: how the words call it. */
export function fillIn(
  { facts, destination }: Pick<Judging, "facts" | "destination">,
  place: Place,
  named: string,
): Repair {
  const fill = destination === "hosted" ? "key" : "local-token";
  if (place.layer === "shell" && place.file === undefined && BY_SHELL.has(facts.tool)) {
    // The line has no secret in it: the shell asks for it.
    const lines = fill === "key" ? `setup ${facts.tool} --direct --print-env` : `env ${facts.tool}`;
    return { text: `eval "$(zenthrex ${lines})"` };
  }
  // What a project's files hold is everybody's.
  return { text: setInWords(place, named), ...(place.layer === "user" ? editOf(place, { fill }) : {}) };
}

/** "Remove X from ..." */
export function removeFrom(place: Place): Repair {
  const where = placeAddress(place);
  if (place.layer === "shell") {
    return {
      text: where === undefined ? `unset ${place.name}` : `Remove ${place.name} at ${where} and start a new shell`,
    };
  }
  const what = `${place.name} from ${where ?? showLayer(place)}`;
  const text = place.layer === "managed" ? `Ask your administrator to remove ${what}` : `Remove ${what}`;
  return { text, ...editOf(place, {}) };
}

/** An administrator's file is not ours to edit, and a shell's start-up file is a program. */
function editOf(
  { file, syntax, keys, layer }: Place,
  value: Pick<KeyEdit, "value" | "fill">,
): { readonly edit: KeyEdit } | undefined {
  if (file === undefined || syntax === undefined || keys === undefined) return undefined;
  if (layer === "managed" || layer === "shell") return undefined;
  return { edit: { file, syntax, keys, ...value } };
}
