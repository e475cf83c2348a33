import type { SettingsSyntaxName } from "../types.ts";

/** The repair of one key in one settings file that setup doesn't write. */
export interface KeyEdit extends KeyChange {
  readonly file: string;
  readonly syntax: SettingsSyntaxName;
  /** What has to change with it, in the same file. */
  readonly also?: readonly KeyChange[];
}

/**
 * What a key becomes. `fill`: the secret that belongs there, which whoever carries it out brings along; without it and `value` the key goes.
 */
export interface KeyChange {
  readonly keys: readonly string[];
  readonly value?: string;
  readonly fill?: SecretName;
}

/** The user's two secrets: the key of the hosted API, and the daemon's local token. */
export type SecretName = "key" | "local-token";
