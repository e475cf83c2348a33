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
}

/** What reading (never writing) finds out about a tool on this machine. */
export interface IntegrationContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
}

/** A file that holds, or will hold, the tool's settings. */
export interface SettingsFile {
  readonly path: string;
  readonly syntax: "json" | "jsonc" | "yaml" | "toml";
  /** Text as read, or undefined when there is none. */
  readonly text: string | undefined;
}

/** What `detect` found. `notes` are sentences for people: conflicting variables, other layers that win. */
export interface Status {
  readonly installed: boolean;
  readonly configuredFor: "nothing" | "zenthrex-local" | "zenthrex-direct" | "other";
  readonly files: readonly SettingsFile[];
  readonly notes: readonly string[];
}

/** One step of a plan. `set` maps key paths to values; only these keys are ours in that file. */
export type Step =
  | {
      readonly kind: "edit-file";
      readonly file: SettingsFile;
      readonly set: readonly { readonly path: readonly string[]; readonly value: unknown }[];
      /** True when a value is a credential: the file then loses group and other read. */
      readonly holdsSecret: boolean;
    }
  | { readonly kind: "run-command"; readonly file: string; readonly args: readonly string[]; readonly why: string }
  | { readonly kind: "env"; readonly variables: Readonly<Record<string, string>> }
  | { readonly kind: "manual"; readonly lines: readonly string[] };

/** One tool. `detect` only reads; `plan` is pure. Applying and undoing are generic (`apply.ts`, `undo.ts`). */
export interface Integration {
  readonly title: string;
  readonly format: WireFormatName;
  readonly baseUrlRule: BaseUrlRule;
  readonly docsUrl: string;
  detect(context: IntegrationContext): Promise<Status>;
  plan(status: Status, target: Target): readonly Step[];
}
