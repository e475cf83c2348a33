import type { Json, JsonObject } from "../base/json.ts";
import type { WireFormatName } from "../catalog/endpoints.ts";

/** How a tool wants its base URL. `bare` https://host, `v1` https://host/v1, `endpoint` the full URL of the route. */
export type BaseUrlRule = "bare" | "v1" | "endpoint";

/** Where a tool is to be pointed at, resolved. */
export interface Target {
  /** `local`: the daemon with the local token; `direct`: the hosted API with the real key. */
  readonly kind: "local" | "direct";
  readonly origin: string;
  readonly credential: string;
  readonly model: string;
  readonly sonnetModel: string;
  readonly haikuModel: string;
  /** Only the keys that the hosted documentation lists. */
  readonly documentedKeysOnly: boolean;
  /** `file`: into the tool's settings; `environment`: lines for a shell; `child`: for one process that zenthrex starts. */
  readonly through: "file" | "environment" | "child";
  /** Let the tool show a line of ours about the wallet, where it can. */
  readonly statusline?: boolean;
  /** How zenthrex is called in a shell of this user, quoted: `zenthrex`, or Node and the program by their paths. */
  readonly self: string;
  readonly platform: NodeJS.Platform;
  /** Wall-clock time, for tools that date their settings. Units: milliseconds. */
  readonly nowMs: number;
}

/** What reading (never writing) finds out about a tool on this machine. */
export interface IntegrationContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
}

/**
 * A key of a settings file and what it is to be. A segment of `path` that reads `[name=X]` is the element of an array whose `name` is X;
 * `[2]` is its third element, which has to be there.
 * `secret`: masked in diffs, kept in receipts as a hash only. `frame`: what any file of this kind begins with (a version, an empty
 * table): an undo takes it away only with the whole file.
 */
export interface KeyValue {
  readonly path: readonly string[];
  readonly value: Json;
  readonly secret?: boolean;
  readonly frame?: boolean;
  /** The user agreed that it takes the place of whatever is there, a structure too. */
  readonly replaces?: true;
}

/**
 * Keys that mean something only together: an undo gives those below `object` back all at once, whatever they say by then, as long as
 * `anchor` is still what setup wrote; else it leaves them all, and `also` too. An `object` that setup made goes as a whole.
 */
export interface KeyUnit {
  readonly object: readonly string[];
  readonly anchor: readonly string[];
  /** Keys elsewhere that point at it. */
  readonly also: readonly (readonly string[])[];
}

/** A key whose present value can only come from zenthrex, and what an undo without a receipt puts there (absent: removed). */
export interface RecognisedKey {
  readonly path: readonly string[];
  readonly value: Json;
  readonly before?: Json;
}

/** How a settings file is written. `json`: strictly, without comments. */
export type SettingsSyntaxName = "json" | "jsonc" | "yaml" | "toml";

/** A file that holds, or will hold, the tool's settings. */
export interface SettingsFile {
  readonly path: string;
  readonly syntax: SettingsSyntaxName;
  /** Text as read, or undefined when there is none or it can't be read. */
  readonly text: string | undefined;
  /** Keys that are ours beyond doubt, for when the receipt is lost. */
  readonly recognised: readonly RecognisedKey[];
  /** What it says, for plans that keep some of it. */
  readonly values?: JsonObject;
}

/** What a tool's own settings make it use. The credential is a secret: it is never printed. */
export interface ToolUse {
  readonly baseUrl: string;
  readonly credential: string;
  readonly model: string | undefined;
}

/** What `detect` found. `notes` are sentences for people: conflicting variables, other layers that win. */
export interface Status {
  readonly installed: boolean;
  readonly configuredFor: "nothing" | "zenthrex-local" | "zenthrex-direct" | "other";
  /** The models that a configuration of ours names, so that setting up again keeps them. */
  readonly models: { readonly model?: string; readonly sonnetModel?: string; readonly haikuModel?: string };
  readonly files: readonly SettingsFile[];
  /** What it uses now, where its settings say so. */
  readonly uses?: ToolUse;
  /** What the shell sets that a plan has to merge with or warn about; names only, but for NO_PROXY. */
  readonly shell: { readonly names: readonly string[]; readonly NO_PROXY?: string; readonly no_proxy?: string };
  readonly notes: readonly string[];
  /** The command of a status line that isn't ours, where the settings have one: it is the user's own. */
  readonly foreignStatusline?: string;
}

/** An edit of one file: only the keys of `set` are ours in it. */
export interface EditFileStep {
  readonly kind: "edit-file";
  readonly file: SettingsFile;
  readonly set: readonly KeyValue[];
  /** Keys that go; an undo puts them back. */
  readonly remove?: readonly (readonly string[])[];
  /** A repair of single keys: what setup set in this file stays, and a later setup leaves the repair alone. */
  readonly isRepair?: true;
  readonly units?: readonly KeyUnit[];
  /** `as-is`: no secret inside. `private`: group and other lose read. `owner-only`: they lose everything (a real key). */
  readonly access: "as-is" | "private" | "owner-only";
}

/** One step of a plan. `child-arguments`: for one child alone, in front of its own; never a credential. Only `edit-file` and `run-command` change anything; the others are printed. */
export type Step =
  | EditFileStep
  | { readonly kind: "run-command"; readonly file: string; readonly args: readonly string[]; readonly why: string }
  | EnvironmentStep
  | ChildFileStep
  | { readonly kind: "child-arguments"; readonly args: readonly string[] }
  | ManualStep;

/**
 * Steps for people. A line that begins with a capital letter, or with a number and a full stop, is prose and may be wrapped; any other
 * is to be copied or read as it stands.
 */
export interface ManualStep {
  readonly kind: "manual";
  readonly lines: readonly string[];
}

/** Variables of a shell or a child. `unset`: names that would win over them or be sent along. */
export interface EnvironmentStep {
  readonly kind: "env";
  readonly variables: Readonly<Record<string, string>>;
  readonly unset?: readonly string[];
}

/**
 * A file for one child alone (0600, gone with it), whose path is handed over behind `argument`; where that takes settings of any name,
 * as `setting="<path>"`.
 */
export interface ChildFileStep {
  readonly kind: "child-file";
  readonly name: string;
  readonly text: string;
  readonly argument: string;
  readonly setting?: string;
}

/** One tool. `detect` only reads; `plan` is pure. Applying and undoing are generic (`files/`). */
export interface Integration {
  readonly title: string;
  readonly format: WireFormatName;
  readonly baseUrlRule: BaseUrlRule;
  readonly docsUrl: string;
  /**
   * What its settings were tried with: `<client>@<version>`, which a test of ours runs; `source of <version>`: written after the source
   * of a client that can't be run here; `docs-only`: after its documentation, so that it is printed, and written only when asked for.
   */
  readonly verified: string;
  /** `remote`: its maker's servers make the calls, so that only the hosted API can be named. `library`: nothing to be installed here. */
  readonly place: "app" | "library" | "remote";
  /** It asks for models by tier, Sonnet among them, which the hosted API doesn't document. */
  readonly asksByTier?: true;
  /** It can show the line that `zenthrex statusline` prints. */
  readonly showsStatusline?: true;
  /** The program that starts it, as it is typed. */
  readonly program?: string;
  /** Where its installer puts the program, besides PATH. */
  readonly places?: (context: IntegrationContext) => readonly string[];
  /** What an undo can't do, in sentences. */
  readonly afterUndo?: readonly string[];
  /** A command that shows that the tool works. */
  readonly tryCommand?: string;
  detect(context: IntegrationContext): Promise<Status>;
  plan(status: Status, target: Target): readonly Step[];
}
