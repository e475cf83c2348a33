import { ZenthrexError } from "../../base/errors.ts";
import { describeOwner, findPortOwner } from "../../daemon/find-port-owner.ts";
import { type PortIdentity, proveDaemon } from "../../daemon/prove.ts";
import { baseUrl } from "../../integrations/base-url.ts";
import { type AppliedFile, applyEdit, previewEdit } from "../../integrations/files/apply.ts";
import { unifiedDiff } from "../../integrations/files/diff.ts";
import type { EditFileStep, Step, Target } from "../../integrations/types.ts";
import type { ExitCode, Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { oneLine } from "../format.ts";
import { writeJson, writeLine } from "../output.ts";
import { renderFacts } from "../table.ts";
import { confirm, type ToolSetup } from "./tool-setup.ts";

/** Carries out the plan of a tool, or shows what it would change. Throws: ZX_PORT_TAKEN, ZX_FILE_*, ZX_CHECK_FAILED. */
export async function applySetup(
  setup: ToolSetup,
  target: Target,
  options: Invocation["options"],
  context: Context,
): Promise<ExitCode> {
  const { id, integration, status, files } = setup;
  const steps = integration.plan(status, target);
  const edits = steps.filter((step) => step.kind === "edit-file");
  const changes = await Promise.all(edits.map((step) => previewEdit(id, step, files)));
  const diff = changes.map(unifiedDiff).join("");
  if (options["dryRun"] === true) {
    if (options["json"] === true) writeJson(context.stdout, { version: 1, tool: id, diff, notes: status.notes });
    else writeLine(context.stdout, diff === "" ? alreadySetUp(setup, target) : diff.trimEnd());
    if (options["json"] !== true) sayNotes(status.notes, context);
    return 0;
  }
  const daemon = target.kind === "local" ? await requireNoStranger(target, context) : undefined;
  if (target.kind === "direct") warnOfKey(edits, context);
  if (diff !== "" && !(await confirm("Apply? [Y/n] ", diff, options, context))) return 0;
  const applied: AppliedFile[] = [];
  for (const step of edits) applied.push(await applyEdit(id, step, files));
  for (const step of steps) if (step.kind === "run-command") await runStep(step, context);
  if (options["json"] === true) writeJson(context.stdout, asJson(setup, target, applied, daemon));
  else report(setup, target, steps, applied, daemon, context);
  return 0;
}

/** Whoever else sits on the port would get the prompts: nothing is pointed at it. */
async function requireNoStranger(target: Target, context: Context): Promise<PortIdentity> {
  const port = Number(new URL(target.origin).port);
  const identity = await proveDaemon(port, target.credential);
  if (identity !== "stranger") return identity;
  const owner = describeOwner(await findPortOwner(port, context));
  throw new ZenthrexError("ZX_PORT_TAKEN", `${owner} answers on ${target.origin}, and it is not your zenthrex`, {
    fix: "Stop it, or choose another port for both: `zenthrex config set port <port>`.",
  });
}

function warnOfKey(edits: readonly EditFileStep[], context: Context): void {
  for (const { file } of edits) {
    writeLine(
      context.stderr,
      `warning: --direct writes the real key into ${oneLine(file.path)} (readable for you only)`,
    );
  }
  writeLine(context.stderr, "         without --direct the tool gets a local token that is worth nothing elsewhere");
}

async function runStep(step: Extract<Step, { kind: "run-command" }>, context: Context): Promise<void> {
  const { exitCode, stderr } = await context.exec(step.file, step.args);
  if (exitCode === 0) return;
  const said = stderr.trim() === "" ? "" : `: ${stderr.trim().split("\n").at(-1)}`;
  throw new ZenthrexError("ZX_CHECK_FAILED", `${step.file} ended with exit code ${exitCode}${said}`, {
    fix: `Run it by hand (${step.why}): ${[step.file, ...step.args].join(" ")}.`,
  });
}

function alreadySetUp({ integration }: ToolSetup, target: Target): string {
  return `${integration.title} is already set up for ${baseUrl(integration.baseUrlRule, target.origin)}: nothing to change.`;
}

function report(
  setup: ToolSetup,
  target: Target,
  steps: readonly Step[],
  applied: readonly AppliedFile[],
  daemon: PortIdentity | undefined,
  context: Context,
): void {
  const { id, integration, status } = setup;
  const written = applied.filter(({ outcome }) => outcome !== "unchanged");
  if (written.length === 0) writeLine(context.stdout, alreadySetUp(setup, target));
  else {
    const address = baseUrl(integration.baseUrlRule, target.origin);
    writeLine(context.stdout, `${integration.title} now uses ${address} with ${target.model}.`);
    const facts: [string, string][] = [];
    for (const { path, outcome, backup } of written) {
      facts.push([outcome === "created" ? "Created" : "Changed", path]);
      if (backup !== undefined) facts.push(["Backup", backup]);
    }
    facts.push(["Undo", `zenthrex setup ${id} --undo`]);
    if (integration.tryCommand !== undefined) facts.push(["Try it", integration.tryCommand]);
    writeLine(context.stdout, renderFacts(facts));
  }
  for (const step of steps) if (step.kind === "manual") for (const line of step.lines) writeLine(context.stdout, line);
  sayNotes(status.notes, context);
  if (!status.installed)
    writeLine(
      context.stderr,
      `note: ${integration.title} was not found on this machine; its settings are ready for it`,
    );
  if (daemon === "nothing")
    writeLine(context.stderr, `note: the daemon is not running on ${target.origin}: start it with zenthrex serve`);
}

function sayNotes(notes: readonly string[], context: Context): void {
  for (const note of notes) writeLine(context.stderr, `note: ${oneLine(note)}`);
}

function asJson(
  { id, integration, status }: ToolSetup,
  target: Target,
  applied: readonly AppliedFile[],
  daemon: PortIdentity | undefined,
): object {
  return {
    version: 1,
    tool: id,
    changed: applied.some(({ outcome }) => outcome !== "unchanged"),
    files: applied.map(({ path, outcome, backup }) => ({ path, outcome, backup: backup ?? null })),
    target: target.kind,
    base_url: baseUrl(integration.baseUrlRule, target.origin),
    model: target.model,
    installed: status.installed,
    daemon: daemon === undefined ? null : daemon === "ours" ? "running" : "not running",
    notes: status.notes,
    undo: `zenthrex setup ${id} --undo`,
  };
}
