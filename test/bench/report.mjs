// The tables that people read.

import { titleOf } from "./contenders.mjs";
import { added, ratio, typical } from "./goals.mjs";
import { scenarios } from "./scenarios.mjs";

/** Share of the direct rate from which on the load driver and the upstream, not the contender, set the rate. */
const LOAD_LIMITS_AT = 0.6;

function figure(value) {
  if (value === undefined || Number.isNaN(value)) return "-";
  const size = Math.abs(value);
  return size >= 1000
    ? String(Math.round(value))
    : size >= 100
      ? value.toFixed(0)
      : size >= 10
        ? value.toFixed(1)
        : value.toFixed(2);
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

function metricsOf(scenario) {
  const rate = { metric: "perSecond", title: scenario.kind.startsWith("sse") ? "streams/s" : "requests/s" };
  const cpu = { metric: "cpuMsPer1000", title: "CPU ms / 1,000" };
  const times = [
    { metric: "p50Us", title: "p50 us: direct, then added", isAdded: true },
    { metric: "p99Us", title: "p99 us: direct, then added", isAdded: true },
  ];
  if (scenario.id === "perEvent") return times;
  return [rate, cpu, ...(scenario.latency === undefined ? [] : times)];
}

function scenarioRows(results, contenders) {
  const others = contenders.filter((name) => name !== "direct" && name !== "raw");
  const hasRaw = contenders.includes("raw");
  const header = ["", ...contenders.map(titleOf), ...(hasRaw ? others.map((name) => `raw / ${titleOf(name)}`) : [])];
  const rows = [header];
  for (const scenario of scenarios.filter(({ id }) => results.scenarios[id] !== undefined)) {
    rows.push([scenario.title, ...header.slice(1).map(() => "")]);
    for (const { metric, title, isAdded } of metricsOf(scenario)) {
      const cells = contenders.map((name) =>
        figure(
          isAdded && name !== "direct"
            ? added(results, scenario.id, name, metric)
            : typical(results, scenario.id, name, metric),
        ),
      );
      const ratios = others.map((name) => (isAdded ? "" : figure(ratio(results, scenario.id, "raw", name, metric))));
      rows.push([`  ${title}`, ...cells, ...(hasRaw ? ratios : [])]);
    }
  }
  return rows;
}

/** Where the load comes near its own limit, the rates of all contenders come near each other: there only the CPU figures tell. */
function loadNotes(results, contenders) {
  return scenarios.flatMap(({ id, title, kind }) => {
    if (kind === "sse-paced") return [];
    const limit = typical(results, id, "direct", "perSecond");
    if (limit === undefined) return [];
    const near = contenders.filter(
      (name) => name !== "direct" && typical(results, id, name, "perSecond") > limit * LOAD_LIMITS_AT,
    );
    if (near.length === 0) return [];
    return [
      `${title}: ${near.map(titleOf).join(", ")} came near what driver and upstream can do; compare CPU there, not rates`,
    ];
  });
}

function streamRows(results, contenders) {
  const measured = contenders.filter((name) => results.streams?.[name] !== undefined);
  if (measured.length === 0) return [];
  const row = (title, metric) => [`  ${title}`, ...measured.map((name) => figure(results.streams[name][metric]))];
  return [
    [`${results.streamCount} slow streams, an event a second`, ...measured.map(titleOf)],
    row("open", "open"),
    row("RSS KB a stream", "kbPerStream"),
    row("RSS MB after a few requests", "idleMb"),
    row("RSS MB with the streams", "heldMb"),
    row("event delay p50 us", "p50Us"),
    row("event delay p99 us", "p99Us"),
    row("CPU ms, opening and holding", "cpuMs"),
  ];
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

function startUpRows(results) {
  const rows = [["start-up, ms", "median", "fastest"]];
  const add = (title, times) => rows.push([`  ${title}`, figure(median(times)), figure(Math.min(...times))]);
  if (results.startUp !== undefined) {
    add("node -e 0", results.startUp.bareNodeMs);
    add("zenthrex --version", results.startUp.versionMs);
    add("zenthrex --help", results.startUp.helpMs);
  }
  if (results.serveMs !== undefined) add("zenthrex serve, spawn to first answer", results.serveMs);
  return rows.length === 1 ? [] : rows;
}

function goalRows(verdicts) {
  const word = (met) => (met === undefined ? "not measured" : met ? "pass" : "MISS");
  return [
    ["goal", "wanted", "measured", ""],
    ...verdicts.map(({ goal, wanted, value, unit, met }) => [
      goal,
      wanted,
      value === undefined ? "-" : `${figure(value)} ${unit}`,
      word(met),
    ]),
  ];
}

/** Everything that was measured, as text. */
export function report(results, contenders, verdicts) {
  const parts = [results.machine, table(scenarioRows(results, contenders))];
  for (const rows of [streamRows(results, contenders), startUpRows(results), goalRows(verdicts)]) {
    if (rows.length > 0) parts.push(table(rows));
  }
  parts.splice(2, 0, ...loadNotes(results, contenders));
  return `${parts.join("\n\n")}\n`;
}
