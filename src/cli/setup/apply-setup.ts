import { ZenthrexError } from "../../base/errors.ts";
import { describeOwner, findPortOwner } from "../../daemon/find-port-owner.ts";
import { type PortIdentity, proveDaemon } from "../../daemon/prove.ts";
import { baseUrl } from "../../integrations/base-url.ts";
import { type AppliedFile, applyEdit, previewEdit } from "../../integrations/files/apply.ts";
import { unifiedDiff } from "../../integrations/files/diff.ts";
import type { EditFileStep, Step, Target, ToolUse } from "../../integrations/types.ts";
import type { ExitCode, Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { oneLine } from "../format.ts";
import { writeNote } from "../note.ts";
import { writeJson, writeLine } from "../output.ts";
import type { PointedTool } from "./offer-daemon.ts";
import { mustPrint, printSettings } from "./print-settings.ts";
import { type AppliedSetup, alreadySetUp, reportSetup, setupAsJson } from "./report-setup.ts";
import { confirm, type ToolSetup } from "./tool-setup.ts";
import { type Verification, verifySetup } from "./verify-setup.ts";
import { writeManual } from "./write-manual.ts";

/** What setting up a tool came to. */
export interface SetupOutcome {
  readonly exitCode: ExitCode;
  /** Where the tool is, or would be, pointed at a daemon on this machine. */
  readonly pointed?: PointedTool;
}

/** Carries out the plan of a tool, or shows what it would change. Throws: ZX_PORT_TAKEN, ZX_FILE_*, ZX_CHECK_FAILED. */
export async function applySetup(
  setup: ToolSetup,
  target: Target,
  options: Invocation["options"],
  context: Context,
): Promise<SetupOutcome> {
  const { id, integration, status, files } = setup;
  const steps = integration.plan(status, target);
  const edits = steps.filter((step) => step.kind === "edit-file");
  if (mustPrint(integration, edits, options)) return { exitCode: await printSettings(setup, steps, options, context) };
  const changes = await Promise.all(edits.map((step) => previewEdit(id, step, files)));
  const diff = changes.map(unifiedDiff).join("");
  const prove = (): Promise<Verification | undefined> => verify(setup, target, "ours", options, context);
  const pointed = target.kind === "local" ? { pointed: { tool: setup, origin: target.origin, prove } } : {};
  if (options["dryRun"] === true) {
    showDiff(setup, target, steps, diff, options, context);
    return { exitCode: 0, ...pointed };
  }
  const daemon = target.kind === "local" ? await requireNoStranger(target, context) : undefined;
  if (target.kind === "direct") warnOfKey(edits, context);
  if (diff !== "" && !(await confirm("Apply? [Y/n] ", diff, options, context))) return { exitCode: 0 };
  const applied: AppliedFile[] = [];
  for (const step of edits) applied.push(await applyEdit(id, step, files));
  for (const step of steps) if (step.kind === "run-command") await runStep(step, context);
  const verification = await verify(setup, target, daemon, options, context);
  const done: AppliedSetup = { setup, target, steps, applied, daemon, verification };
  if (options["json"] === true) writeJson(context.stdout, setupAsJson(done));
  else reportSetup(done, context);
  // Who asked for the proof gets its result as the command's; otherwise the set-up itself is what was asked for.
  const wasAsked = options["verify"] === true || options["verify"] === "live";
  return { exitCode: wasAsked ? (verification?.exitCode ?? 0) : 0, ...pointed };
}

function showDiff(
  setup: ToolSetup,
  target: Target,
  steps: readonly Step[],
  diff: string,
  options: Invocation["options"],
  context: Context,
): void {
  const { id, status } = setup;
  const manual = steps.flatMap((step) => (step.kind === "manual" ? step.lines : []));
  if (options["json"] === true) {
    writeJson(context.stdout, { version: 1, tool: id, diff, manual, notes: status.notes });
    return;
  }
  const hasEdits = steps.some(({ kind }) => kind === "edit-file");
  if (!hasEdits) writeManual(manual, context.stdout);
  else writeLine(context.stdout, diff === "" ? alreadySetUp(setup, target) : diff.trimEnd());
  for (const note of status.notes) writeNote(context, "note", oneLine(note));
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

/** Only what the tool itself would find in its settings is proven; where it has none, what its steps say. */
async function verify(
  { integration, status }: ToolSetup,
  target: Target,
  daemon: PortIdentity | undefined,
  options: Invocation["options"],
  context: Context,
): Promise<Verification | undefined> {
  const asked = options["verify"];
  const isWritten = status.files.length > 0;
  if (asked === false) return undefined;
  if (asked === undefined && (daemon !== "ours" || !isWritten)) return undefined;
  if (target.kind === "local" && daemon !== "ours") {
    const text = "the daemon is not running: start it with zenthrex serve, then run this again";
    return { isProven: false, status: null, text, exitCode: 5 };
  }
  if (target.credential === "") {
    return {
      isProven: false,
      status: null,
      text: `${integration.title} itself makes the call: click its Verify`,
      exitCode: 1,
    };
  }
  const planned: ToolUse = {
    baseUrl: baseUrl(integration.baseUrlRule, target.origin),
    credential: target.credential,
    model: target.model,
  };
  const use = isWritten ? ((await integration.detect(context)).uses ?? planned) : planned;
  return verifySetup(integration, use, target, asked === "live" ? "live" : "free", context);
}

function warnOfKey(edits: readonly EditFileStep[], context: Context): void {
  const holding = edits.filter(({ set }) => set.some(({ secret }) => secret));
  if (holding.length === 0) return;
  for (const { file } of holding) {
    writeNote(context, "warning", `--direct writes the real key into ${oneLine(file.path)} (readable for you only)`);
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
