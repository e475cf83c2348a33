import type { KeyEdit, SecretName } from "../integrations/effective/key-edit.ts";
import type { ProblemCode } from "../integrations/effective/problem-code.ts";
import { placeAddress, showLayer, showPlace } from "../integrations/effective/show-place.ts";
import type { Place, Problem as ToolProblem } from "../integrations/effective/types.ts";
import type { EditFileStep } from "../integrations/types.ts";
import type { CauseCode } from "./causes.ts";
import type { Fix, ProbeContext, Problem } from "./types.ts";

/** What a problem of a tool's settings is in the doctor's table of causes. */
export const causeOf: Readonly<Record<ProblemCode, CauseCode>> = {
  "settings-invalid": "settings-invalid",
  "settings-unreadable": "settings-invalid",
  "settings-shape": "settings-invalid",
  "setting-misnamed": "setting-ignored",
  "provider-unknown": "provider-unknown",
  "provider-off": "provider-unknown",
  "settings-beat-shell": "setting-overridden",
  "project-overrides": "setting-overridden",
  "managed-overrides": "managed-settings",
  "project-redirects": "project-redirects",
  "provider-switch": "provider-switch",
  "forced-login": "managed-settings",
  "base-unset": "base-url-missing",
  "base-quoted": "base-url-invalid",
  "base-no-scheme": "base-url-invalid",
  "base-not-a-url": "base-url-invalid",
  "base-extra-v1": "base-url-path",
  "base-missing-v1": "base-url-path",
  "base-doubled-v1": "base-url-path",
  "base-endpoint-pasted": "base-url-path",
  "base-wrong-path": "base-url-path",
  "base-tail": "base-url-path",
  "base-user": "base-url-invalid",
  "base-https-on-local": "base-url-scheme",
  "base-http-to-hosted": "base-url-scheme",
  "base-localhost": "base-url-host",
  "base-near-host": "base-url-host",
  "base-other-vendor": "base-url-host",
  "base-elsewhere": "base-url-host",
  "base-dead-port": "base-url-port",
  "base-old-port": "base-url-port",
  "base-foreign-port": "base-url-port",
  "base-on-localhost": "base-url-unreachable",
  "daemon-down": "daemon-stopped",
  "daemon-port-taken": "port-stranger",
  "route-not-hosted": "wire-api",
  "credential-missing": "credential-missing",
  "credential-env-missing": "credential-missing",
  "credential-source-missing": "credential-missing",
  "credential-in-env-key": "credential-place",
  "credential-malformed": "credential-shape",
  "credential-other-vendor": "credential-vendor",
  "credential-stale-token": "credential-rejected",
  "credential-local-token-to-hosted": "credential-place",
  "credential-leak": "credential-conflict",
  "credential-twice": "credential-conflict",
  "credential-rejected": "credential-rejected",
  "credential-committed": "key-committed",
  "saved-login": "credential-conflict",
  "proxy-catches-loopback": "no-proxy-missing",
  "model-unknown": "model-unknown",
  "model-unpinned": "model-unknown",
  "model-unlisted": "model-unknown",
  "model-suffix-1m": "model-window",
  "model-prefix-missing": "model-unknown",
  "wire-api-chat": "wire-api",
  "sdk-version-header": "api-version",
  "gui-misses-shell": "setting-overridden",
};

/** A problem of a tool's settings as the doctor tells it: one sentence with the wrong value, its place and the right value. */
export function toolProblem(problem: ToolProblem, name: string, known: KnownSecrets): Problem {
  const { code, severity, place, wrong, right, cause, fix } = problem;
  const address = place === undefined ? undefined : placeAddress(place);
  const where = place === undefined ? "" : whereWords(place, address, cause);
  const says = wrong === undefined || wrong === "" || cause.includes(wrong) ? "" : `; it says ${wrong}`;
  const should =
    right === undefined || right === "" || cause.includes(`${right}:`) ? "" : `; the right value is ${right}`;
  return {
    cause: causeOf[code],
    status: severity === "error" ? "fail" : "warn",
    finding: `${cause}${where}${says}${should}`,
    evidence: [`${code}${place === undefined ? "" : `: ${showPlace(place)}`}`],
    fix: toolFix(fix, name, known),
  };
}

/** What a sentence leaves open of the place that it is about. */
function whereWords(place: Place, address: string | undefined, cause: string): string {
  if (address !== undefined) return cause.includes(address) ? "" : `; it stands in ${showPlace(place)}`;
  if (!cause.includes(place.name)) return `; it stands in ${showPlace(place)}`;
  return cause.includes(showLayer(place)) ? "" : `; it is set in ${showLayer(place)}`;
}

/** What tells whether there is a secret that a repair would fill in. */
export type KnownSecrets = Pick<ProbeContext, "key" | "localToken">;

/** What setup can do is the command; a key that it doesn't write is an edit of that key alone; all else is told in words. */
export function toolFix({ text, command, edit, beside }: ToolProblem["fix"], name: string, known: KnownSecrets): Fix {
  const other = beside === undefined ? "" : `; for settings beside yours: \`zenthrex ${beside.join(" ")}\``;
  const fill =
    edit === undefined ? undefined : [edit, ...(edit.also ?? [])].find((one) => one.fill !== undefined)?.fill;
  if (command === undefined && edit !== undefined && (fill === undefined || isThere(fill, known))) {
    const step = repairStep(edit, fill);
    const action = { kind: "steps", tool: name, steps: [step], ...(fill === undefined ? {} : { fill }) } as const;
    return { command: `${text}, or run \`zenthrex doctor ${name} --fix\`${other}`, action };
  }
  if (command === undefined) return { command: `${text.replace(/^Say (?=export )/, "")}${other}` };
  const [first, tool, ...more] = command;
  const action =
    first === "setup" && tool !== undefined
      ? ({ kind: "setup", tool, args: more } as const)
      : ({ kind: "zenthrex", argv: command } as const);
  return { command: `zenthrex ${command.join(" ")}`, action };
}

/** The edit of what is at fault, and of nothing else; a secret that belongs there is filled in when it is made. */
function repairStep({ file, syntax, also = [], ...first }: KeyEdit, secret: SecretName | undefined): EditFileStep {
  const changes = [first, ...also].map(({ keys, value, fill }) => ({
    path: keys,
    value: fill === undefined ? value : "",
    ...(fill === undefined ? {} : { secret: true }),
  }));
  return {
    kind: "edit-file",
    file: { path: file, syntax, text: undefined, recognised: [] },
    set: changes.flatMap(({ value, ...rest }) => (value === undefined ? [] : [{ ...rest, value }])),
    remove: changes.filter(({ value }) => value === undefined).map(({ path }) => path),
    isRepair: true,
    access: secret === undefined ? "as-is" : secret === "key" ? "owner-only" : "private",
  };
}

function isThere(secret: SecretName, { key, localToken }: KnownSecrets): boolean {
  if (secret === "local-token") return localToken !== undefined;
  return key.kind === "present" && ["environment", "config file"].includes(key.from);
}
