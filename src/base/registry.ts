/**
 * A lazy table of the items of one axis (commands, tools, probes): `id -> () => import("./id.ts")`.
 * Closed by `satisfies Registry<Contract>` so that a module of the wrong shape is a compile error on its own line;
 * `test/registries.test.ts` holds the directory equal to the table.
 */
export type Registry<T> = Readonly<Record<string, () => Promise<{ readonly default: T }>>>;

/** Edit distance of two short words, for "did you mean". Shape: a whole number >= 0. */
export function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}

/** The known word nearest to a mistyped one, or undefined when none is near (more than a third of it differs). */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(lower, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.ceil(best.candidate.length / 3)) ? best.candidate : undefined;
}
