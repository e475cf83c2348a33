/** A run of lines that differs. Units: line indexes from 0, ends exclusive. */
export interface LineChange {
  readonly beforeStart: number;
  readonly beforeEnd: number;
  readonly afterStart: number;
  readonly afterEnd: number;
}

// Beyond this the search for the shortest script costs seconds; one large change is as true.
const MAX_CHANGED_LINES = 2_000;

/** The lines of a text with their line ends. Shape: joined they are the text. */
export function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** The fewest line changes that lead from one list of lines to another (Myers, "An O(ND) Difference Algorithm", 1986). */
export function lineChanges(before: readonly string[], after: readonly string[]): LineChange[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let [beforeEnd, afterEnd] = [before.length, after.length];
  while (beforeEnd > start && afterEnd > start && before[beforeEnd - 1] === after[afterEnd - 1]) {
    beforeEnd--;
    afterEnd--;
  }
  if (start === beforeEnd && start === afterEnd) return [];
  const whole = { beforeStart: start, beforeEnd, afterStart: start, afterEnd };
  if (start === beforeEnd || start === afterEnd) return [whole];
  const kept = commonLines(before.slice(start, beforeEnd), after.slice(start, afterEnd));
  return kept === undefined ? [whole] : betweenKept(kept, whole);
}

/** The runs between lines that both sides keep. */
function betweenKept(kept: readonly (readonly [number, number])[], whole: LineChange): LineChange[] {
  const changes: LineChange[] = [];
  let [beforeStart, afterStart] = [whole.beforeStart, whole.afterStart];
  const end = [whole.beforeEnd - whole.beforeStart, whole.afterEnd - whole.afterStart] as const;
  for (const [x, y] of [...kept, end]) {
    const [keptBefore, keptAfter] = [whole.beforeStart + x, whole.afterStart + y];
    if (keptBefore > beforeStart || keptAfter > afterStart) {
      changes.push({ beforeStart, beforeEnd: keptBefore, afterStart, afterEnd: keptAfter });
    }
    [beforeStart, afterStart] = [keptBefore + 1, keptAfter + 1];
  }
  return changes;
}

/** Pairs of equal lines in order, as many as there can be; undefined when too much differs. */
function commonLines(before: readonly string[], after: readonly string[]): [number, number][] | undefined {
  const most = Math.min(before.length + after.length, MAX_CHANGED_LINES);
  const furthest = new Map<number, number>([[1, 0]]);
  const history: Map<number, number>[] = [];
  for (let edits = 0; edits <= most; edits++) {
    history.push(new Map(furthest));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = nextX(furthest, diagonal, edits);
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x++;
      furthest.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return pathBack(history, before.length, after.length);
    }
  }
  return undefined;
}

function nextX(furthest: ReadonlyMap<number, number>, diagonal: number, edits: number): number {
  const [down, right] = [furthest.get(diagonal + 1) ?? -1, furthest.get(diagonal - 1) ?? -1];
  return diagonal === -edits || (diagonal !== edits && right < down) ? down : right + 1;
}

function pathBack(
  history: readonly Map<number, number>[],
  beforeLength: number,
  afterLength: number,
): [number, number][] {
  const pairs: [number, number][] = [];
  let [x, y] = [beforeLength, afterLength];
  for (let edits = history.length - 1; edits >= 0; edits--) {
    const furthest = history[edits] ?? new Map<number, number>();
    const diagonal = x - y;
    const cameDown =
      diagonal === -edits ||
      (diagonal !== edits && (furthest.get(diagonal - 1) ?? -1) < (furthest.get(diagonal + 1) ?? -1));
    const from = cameDown ? diagonal + 1 : diagonal - 1;
    const fromX = edits === 0 ? 0 : (furthest.get(from) ?? 0);
    const turnX = edits === 0 ? 0 : cameDown ? fromX : fromX + 1;
    while (x > turnX) pairs.push([--x, --y]);
    [x, y] = [fromX, fromX - from];
  }
  return pairs.reverse();
}
