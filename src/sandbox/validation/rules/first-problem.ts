/**
 * Runs checks in order and says what the first one finds. Shape: a sentence for `error.message`, or undefined.
 * A generator is the usual argument: it stops at the first problem.
 */
export function firstProblem(problems: Iterable<string | undefined>): string | undefined {
  for (const problem of problems) if (problem !== undefined) return problem;
  return undefined;
}
