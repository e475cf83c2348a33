// What is measured, and how one run of the driver becomes figures.

import { startContender } from "./contenders.mjs";
import { drive } from "./load.mjs";
import { cpuIsMeasurable, cpuMs, rssKb, stop } from "./processes.mjs";

const OPENS_PER_SECOND = 500;

/** The closed-loop scenarios. `per` is the unit of the CPU figure. */
export const scenarios = [
  { id: "json1", title: "small JSON, 1 connection", kind: "json", connections: 1, latency: "latencyUs" },
  { id: "json32", title: "small JSON, 32 connections", kind: "json", connections: 32 },
  { id: "sse", title: "SSE 200 events, a write each, 16 connections", kind: "sse-single", connections: 16 },
  { id: "sseBurst", title: "SSE 200 events, 20 a write, 16 connections", kind: "sse-burst", connections: 16 },
  { id: "firstByte", title: "SSE first byte, 1 connection", kind: "sse-short", connections: 1, latency: "firstByteUs" },
  {
    id: "perEvent",
    title: "SSE event every 2 ms, 1 connection",
    kind: "sse-paced",
    connections: 1,
    latency: "eventDelayUs",
  },
  { id: "agent", title: "137 KB body, 4 connections", kind: "agent", connections: 4, latency: "latencyUs" },
];

function check(name, scenario, result, reached) {
  if (result.errors > 0) {
    throw new Error(`${name}, ${scenario}: ${result.errors} errors, first: ${result.firstError}`);
  }
  if (reached !== undefined && reached < result.completed) {
    throw new Error(
      `${name}, ${scenario}: ${result.completed} answers but only ${reached} requests reached the upstream`,
    );
  }
}

/** Runs one scenario against one contender once. */
export async function measure(name, contender, scenario, seconds, surroundings) {
  const { programs, upstream } = surroundings;
  const before = await upstream.requests();
  const cpuBefore = contender.child === undefined ? 0 : cpuMs(contender.child.pid);
  const result = await drive(programs, {
    mode: "load",
    port: contender.port,
    ...contender.request(scenario.kind),
    connections: scenario.connections,
    seconds,
  });
  const cpu = contender.child === undefined || !cpuIsMeasurable ? undefined : cpuMs(contender.child.pid) - cpuBefore;
  check(name, scenario.title, result, before === undefined ? undefined : (await upstream.requests()) - before);
  const times = scenario.latency === undefined ? null : result[scenario.latency];
  return {
    perSecond: result.perSecond,
    cpuMsPer1000: cpu === undefined ? undefined : (cpu / result.completed) * 1000,
    p50Us: times?.p50,
    p99Us: times?.p99,
    completed: result.completed,
  };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * Opens that many slow streams through a contender started for this alone, holds them and reads its memory:
 * KB a stream = (median while held - after a few requests) / streams.
 */
export async function measureStreams(name, streams, holdSeconds, surroundings) {
  const contender = await startContender(name, surroundings);
  try {
    const load = { mode: "load", port: contender.port, connections: 1, seconds: 0.05 };
    for (const kind of ["json", "sse-short"])
      await drive(surroundings.programs, { ...load, ...contender.request(kind) });
    const pid = contender.child?.pid;
    const idleKb = pid === undefined ? undefined : rssKb(pid);
    const cpuBefore = pid === undefined ? 0 : cpuMs(pid);
    const held = [];
    let sampler;
    const result = await drive(
      surroundings.programs,
      {
        mode: "streams",
        port: contender.port,
        ...contender.request("sse-slow"),
        connections: streams,
        seconds: holdSeconds,
        opensPerSecond: OPENS_PER_SECOND,
      },
      () => {
        if (pid !== undefined) sampler = setInterval(() => held.push(rssKb(pid)), 200);
      },
    );
    clearInterval(sampler);
    const known = held.filter((value) => value !== undefined);
    return {
      open: result.open,
      errors: result.errors,
      firstError: result.firstError,
      p50Us: result.eventDelayUs?.p50,
      p99Us: result.eventDelayUs?.p99,
      firstByteP50Us: result.firstByteUs?.p50,
      idleMb: idleKb === undefined ? undefined : idleKb / 1024,
      heldMb: known.length === 0 ? undefined : median(known) / 1024,
      kbPerStream: known.length === 0 || idleKb === undefined ? undefined : (median(known) - idleKb) / streams,
      cpuMs: pid === undefined || !cpuIsMeasurable ? undefined : cpuMs(pid) - cpuBefore,
    };
  } finally {
    if (contender.child !== undefined) await stop(contender.child);
  }
}
