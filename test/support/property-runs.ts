/** How a property test runs: as often as asked, with a seed that its title shows. `ZENTHREX_PROPERTY_RUNS=full` is 50 times more. */
export interface PropertyRuns {
  readonly numRuns: number;
  readonly seed: number;
  /** For the title of the test. */
  readonly label: string;
}

/** The runs of one property: `full` of them, or a fiftieth; `ZENTHREX_PROPERTY_SEED` repeats a failure. */
export function propertyRuns(full: number): PropertyRuns {
  const numRuns = process.env["ZENTHREX_PROPERTY_RUNS"] === "full" ? full : Math.ceil(full / 50);
  const seed = Number(process.env["ZENTHREX_PROPERTY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  return { numRuns, seed, label: `${numRuns} runs, seed ${seed}` };
}
