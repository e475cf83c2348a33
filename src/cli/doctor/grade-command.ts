import { ZenthrexError } from "../../base/errors.ts";
import { createProbeRun } from "../../doctor/create-context.ts";
import type { ExitCode } from "../../doctor/exit-code.ts";
import { type Grade, gradeGateway } from "../../doctor/gateway/grade-gateway.ts";
import { gatewayPoints } from "../../doctor/gateway/registry.ts";
import type { DoctorTarget } from "../../doctor/types.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { oneLine } from "../format.ts";
import { createPaint, writeJson, writeLine } from "../output.ts";
import { type CurlLines, curlLinesOf, removeHeaderFiles } from "./curl-lines.ts";
import { readGivenKey } from "./doctor-request.ts";
import { probeFacts } from "./probe-facts.ts";

const TITLE_WIDTH = 28;

/** Grades a gateway against what Claude Code expects of one, and prints a line a point. Throws: ZX_USAGE; ZX_AUTH_KEY_SHAPE. */
export async function gradeCommand({ args, options }: Invocation, context: Context): Promise<ExitCode> {
  const given = String(options["gateway"]);
  for (const name of ["url", "format", "only", "fix", "bundle"]) {
    if (options[name] !== undefined) refuse(`--gateway and --${name} don't go together`);
  }
  if (args["tool"] !== undefined) refuse("name a tool or a gateway, not both");
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    refuse(`${oneLine(given)} is no URL`, "Give one such as https://gateway.example.com.");
  }
  const target: DoctorTarget = { kind: "url", origin: new URL(given).origin, base: given, format: "anthropic" };
  const key = options["keyStdin"] === true ? await readGivenKey(context) : undefined;
  const facts = await probeFacts(options, { tool: undefined, target, ...(key === undefined ? {} : { key }) }, context);
  removeHeaderFiles(facts.paths.file);
  const run = createProbeRun(facts);
  const grade = await gradeGateway(given, gatewayPoints, run.context);
  const curlLines = curlLinesOf(run, facts);
  const exitCode = exitCodeOf(grade);
  if (options["json"] === true) writeJson(context.stdout, await gradeJson(grade, exitCode, curlLines));
  else await report(grade, options["curl"] === true, curlLines, context);
  return exitCode;
}

function refuse(message: string, fix = "See zenthrex doctor --help."): never {
  throw new ZenthrexError("ZX_USAGE", message, { fix });
}

function exitCodeOf({ unreachable, points }: Grade): ExitCode {
  if (unreachable !== undefined) return 5;
  return points.some(({ status }) => status === "failed") ? 1 : 0;
}

function count({ points }: Grade, status: Grade["points"][number]["status"]): number {
  return points.filter((point) => point.status === status).length;
}

/** The shape that `--json` prints; `version` changes when a field changes its meaning. */
async function gradeJson(grade: Grade, exitCode: ExitCode, curlLines: CurlLines): Promise<object> {
  return {
    version: 1,
    gateway: grade.base,
    unreachable: grade.unreachable ?? null,
    met: count(grade, "met"),
    failed: count(grade, "failed"),
    untried: count(grade, "untried"),
    cost_usd: grade.costUsd ?? null,
    exit_code: exitCode,
    points: await Promise.all(
      grade.points.map(async ({ number, code, title, status, finding, proof }) => ({
        number,
        code,
        title,
        status,
        finding,
        curl: await curlLines(proof ?? []),
      })),
    ),
  };
}

async function report(grade: Grade, allCurls: boolean, curlLines: CurlLines, context: Context): Promise<void> {
  const { stdout, color } = context;
  const paint = createPaint(color);
  const marks = { met: paint.good("✓"), failed: paint.bad("✗"), untried: paint.quiet("-") };
  for (const { number, title, status, finding, proof } of grade.points) {
    const name = `${String(number).padStart(2)} ${title}`.padEnd(TITLE_WIDTH);
    writeLine(stdout, `${marks[status]} ${name} ${oneLine(finding)}`);
    if (status !== "failed" && !allCurls) continue;
    for (const line of await curlLines(proof ?? [])) stdout.write(`      ${line}\n`);
  }
  if (grade.unreachable !== undefined) {
    writeLine(stdout, `\n${grade.base} can't be graded, it can't be reached: ${oneLine(grade.unreachable)}`);
    return;
  }
  const cost = grade.costUsd === undefined ? "" : ` The paid calls cost about $${grade.costUsd.toFixed(6)}.`;
  const [ok, bad, open] = [count(grade, "met"), count(grade, "failed"), count(grade, "untried")];
  writeLine(stdout, `\n${grade.base} meets ${ok} of ${grade.points.length}, fails ${bad}, ${open} not tried.${cost}`);
}
