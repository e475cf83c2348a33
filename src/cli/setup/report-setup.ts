import type { PortIdentity } from "../../daemon/prove.ts";
import { baseUrl } from "../../integrations/base-url.ts";
import type { AppliedFile } from "../../integrations/files/apply.ts";
import type { Step, Target } from "../../integrations/types.ts";
import type { Context } from "../context.ts";
import { oneLine } from "../format.ts";
import { writeNote } from "../note.ts";
import { writeLine } from "../output.ts";
import { renderFacts } from "../table.ts";
import type { ToolSetup } from "./tool-setup.ts";
import type { Verification } from "./verify-setup.ts";
import { writeManual } from "./write-manual.ts";

/** What setting up a tool came to. */
export interface AppliedSetup {
  readonly setup: ToolSetup;
  readonly target: Target;
  readonly steps: readonly Step[];
  readonly applied: readonly AppliedFile[];
  /** Undefined where the tool doesn't use the daemon. */
  readonly daemon: PortIdentity | undefined;
  readonly verification: Verification | undefined;
}

/** Says that there is nothing to change. */
export function alreadySetUp({ integration }: ToolSetup, target: Target): string {
  return `${integration.title} is already set up for ${baseUrl(integration.baseUrlRule, target.origin)}: nothing to change.`;
}

/** Says what was done, where, how to take it back, and what is left to do by hand. */
export function reportSetup(done: AppliedSetup, context: Context): void {
  const { setup, target, steps, applied, verification } = done;
  const { integration, status } = setup;
  const written = applied.filter(({ outcome }) => outcome !== "unchanged");
  if (written.length > 0) reportFiles(done, written, context);
  else if (applied.length > 0) writeLine(context.stdout, alreadySetUp(setup, target));
  for (const step of steps) if (step.kind === "manual") writeManual(step.lines, context.stdout);
  if (verification !== undefined) reportProof(verification, context);
  for (const note of status.notes) writeNote(context, "note", oneLine(note));
  if (!status.installed && integration.place === "app")
    writeNote(context, "note", `${integration.title} was not found on this machine; its settings are ready for it`);
}

function reportFiles(
  { setup: { id, integration }, target }: AppliedSetup,
  written: readonly AppliedFile[],
  context: Context,
): void {
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

/** Says what the proving request came to. */
export function reportProof({ isProven, text }: Verification, context: Context): void {
  if (isProven) writeManual([`Verified: ${text}.`], context.stdout);
  else writeNote(context, "warning", `not verified: ${text}`);
}

/** The same for programs. */
export function setupAsJson({ setup, target, steps, applied, daemon, verification }: AppliedSetup): object {
  const { id, integration, status } = setup;
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
    verified: verification === undefined ? null : asJson(verification),
    manual: steps.flatMap((step) => (step.kind === "manual" ? step.lines : [])),
    notes: status.notes,
    undo: applied.length > 0 ? `zenthrex setup ${id} --undo` : null,
  };
}

function asJson({ isProven, status, text }: Verification): object {
  return { proven: isProven, status, text };
}
