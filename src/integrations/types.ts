import type { Json } from "../base/json.ts";
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
  /** `file`: into the tool's settings; `environment`: lines for a shell, nothing is written. */
  readonly through: "file" | "environment";
}

/** What reading (never writing) finds out about a tool on this machine. */
export interface IntegrationContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
}

/** A key of a settings file and what it is to be. `secret`: masked in diffs, kept in receipts as a hash only. */
export interface KeyValue {
  readonly path: readonly string[];
  readonly value: Json;
  readonly secret?: boolean;
}

/** A key whose present value can only come from zenthrex, and what an undo without a receipt puts there (absent: removed). */
export interface RecognisedKey {
  readonly path: readonly string[];
  readonly value: Json;
  readonly before?: Json;
}

/** A file that holds, or will hold, the tool's settings. */
export interface SettingsFile {
  readonly path: string;
  readonly syntax: "json" | "jsonc";
  /** Text as read, or undefined when there is none or it can't be read. */
  readonly text: string | undefined;
  /** Keys that are ours beyond doubt, for when the receipt is lost. */
  readonly recognised: readonly RecognisedKey[];
}

/** What `detect` found. `notes` are sentences for people: conflicting variables, other layers that win. */
export interface Status {
  readonly installed: boolean;
  readonly configuredFor: "nothing" | "zenthrex-local" | "zenthrex-direct" | "other";
  /** The models that a configuration of ours names, so that setting up again keeps them. */
  readonly models: { readonly model?: string; readonly sonnetModel?: string; readonly haikuModel?: string };
  readonly files: readonly SettingsFile[];
  /** What the shell sets that a plan has to merge with or warn about; names only, but for NO_PROXY. */
  readonly shell: { readonly names: readonly string[]; readonly NO_PROXY?: string; readonly no_proxy?: string };
  readonly notes: readonly string[];
}

/** An edit of one file: only the keys of `set` are ours in it. */
export interface EditFileStep {
  readonly kind: "edit-file";
  readonly file: SettingsFile;
  readonly set: readonly KeyValue[];
  /** `as-is`: no secret inside. `private`: group and other lose read. `owner-only`: they lose everything (a real key). */
  readonly access: "as-is" | "private" | "owner-only";
}

/** One step of a plan. Only `edit-file` and `run-command` change anything; the others are printed. */
export type Step =
  | EditFileStep
  | { readonly kind: "run-command"; readonly file: string; readonly args: readonly string[]; readonly why: string }
  | { readonly kind: "env"; readonly variables: Readonly<Record<string, string>> }
  | { readonly kind: "manual"; readonly lines: readonly string[] };

/** One tool. `detect` only reads; `plan` is pure. Applying and undoing are generic (`files/`). */
export interface Integration {
  readonly title: string;
  readonly format: WireFormatName;
  readonly baseUrlRule: BaseUrlRule;
  readonly docsUrl: string;
  /** A command that shows that the tool works. */
  readonly tryCommand?: string;
  detect(context: IntegrationContext): Promise<Status>;
  plan(status: Status, target: Target): readonly Step[];
}
