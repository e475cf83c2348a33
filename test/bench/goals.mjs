// The goals of the raw lane as ratios and differences within one run, and whether they are met.
// Ratio of a metric = median over the rounds of (ours / theirs in the same round): what slows a round slows both.

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** The values of a metric, one a round, or undefined where nothing was measured. */
export function values(results, scenario, contender, metric) {
  const rounds = results.scenarios[scenario]?.[contender];
  const found = rounds?.map((round) => round[metric]);
  return found === undefined || found.length === 0 || found.includes(undefined) ? undefined : found;
}

/** Median of a metric over the rounds. */
export function typical(results, scenario, contender, metric) {
  const found = values(results, scenario, contender, metric);
  return found === undefined ? undefined : median(found);
}

/** How much of `theirs` ours is, by round. */
export function ratio(results, scenario, ours, theirs, metric) {
  const a = values(results, scenario, ours, metric);
  const b = values(results, scenario, theirs, metric);
  return a === undefined || b === undefined ? undefined : median(a.map((value, round) => value / b[round]));
}

/** How much a contender adds to the direct figure, by round. */
export function added(results, scenario, contender, metric) {
  const a = values(results, scenario, contender, metric);
  const b = values(results, scenario, "direct", metric);
  return a === undefined || b === undefined ? undefined : median(a.map((value, round) => value - b[round]));
}

function startUpOver(results, name) {
  const times = results.startUp;
  return times === undefined ? undefined : median(times[name].map((value, turn) => value - times.bareNodeMs[turn]));
}

const goals = [
  {
    goal: "raw lane CPU, small JSON",
    limit: 1.4,
    unit: "x minimal",
    measured: (r) => ratio(r, "json32", "raw", "minimal", "cpuMsPer1000"),
  },
  {
    goal: "raw lane CPU, SSE, a write an event",
    limit: 1.4,
    unit: "x minimal",
    measured: (r) => ratio(r, "sse", "raw", "minimal", "cpuMsPer1000"),
  },
  {
    goal: "raw lane CPU, SSE, 20 events a write",
    limit: 1.4,
    unit: "x minimal",
    measured: (r) => ratio(r, "sseBurst", "raw", "minimal", "cpuMsPer1000"),
  },
  {
    goal: "raw lane CPU, 137 KB body",
    limit: 2,
    unit: "x minimal",
    measured: (r) => ratio(r, "agent", "raw", "minimal", "cpuMsPer1000"),
  },
  {
    goal: "raw lane CPU, small JSON",
    limit: 6,
    unit: "x nginx",
    measured: (r) => ratio(r, "json32", "raw", "nginx", "cpuMsPer1000"),
  },
  {
    goal: "SSE streams a second, a write an event",
    least: 0.4,
    unit: "x nginx",
    measured: (r) => ratio(r, "sse", "raw", "nginx", "perSecond"),
  },
  {
    goal: "SSE streams a second, 20 events a write",
    least: 0.4,
    unit: "x nginx",
    measured: (r) => ratio(r, "sseBurst", "raw", "nginx", "perSecond"),
  },
  {
    goal: "first byte added, p50, 1 connection",
    limit: 1,
    unit: "ms",
    measured: (r) => {
      const microseconds = added(r, "firstByte", "raw", "p50Us");
      return microseconds === undefined ? undefined : microseconds / 1000;
    },
  },
  { goal: "RSS a stream, slow streams", limit: 60, unit: "KB", measured: (r) => r.streams?.raw?.kbPerStream },
  { goal: "`--version` over bare node", limit: 5, unit: "ms", measured: (r) => startUpOver(r, "versionMs") },
  { goal: "`--help` over bare node", limit: 50, unit: "ms", measured: (r) => startUpOver(r, "helpMs") },
  {
    goal: "`serve`, spawn to first answer",
    limit: 450,
    unit: "ms",
    measured: (r) => (r.serveMs === undefined ? undefined : median(r.serveMs)),
  },
];

/** Each goal with what was measured: `met` is undefined where something to compare with is missing. */
export function judge(results) {
  return goals.map(({ goal, limit, least, unit, measured }) => {
    const value = measured(results);
    const met = value === undefined ? undefined : limit === undefined ? value >= least : value <= limit;
    return { goal, wanted: `${limit === undefined ? `>= ${least}` : `<= ${limit}`} ${unit}`, value, unit, met };
  });
}
