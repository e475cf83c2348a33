/** Something that a translation could not carry (law 6). Shape: `path` a JSON path in the caller's body, `reason` one clause. */
export interface Warning {
  /** Stable and short, for the header `x-zenthrex-warnings`: "dropped", "clamped", "repaired", ... plus the field. */
  readonly code: string;
  readonly path: string;
  readonly reason: string;
}
