import type { Registry } from "../../base/registry.ts";
import { localHost } from "../../catalog/endpoints.ts";
import { localTokenOf } from "../../config/local-token.ts";
import { proveDaemon } from "../../daemon/prove.ts";
import type { Integration, Status, Target } from "../../integrations/types.ts";
import type { Invocation } from "../command.ts";
import { loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { oneLine } from "../format.ts";
import { writeNote } from "../note.ts";
import { tableWidth, writeJson, writeLine } from "../output.ts";
import { renderTable } from "../table.ts";
import type { PointedTool } from "./offer-daemon.ts";
import { loadTool, type ToolSetup } from "./tool-setup.ts";
import { type Verification, verifySetup } from "./verify-setup.ts";

/** Where a tool's settings name none: the free proof needs a name, and asks no model. */
const FALLBACK_MODEL = "claude-haiku-4-5";

/** A tool as the table shows it. */
export interface ListedTool {
  readonly tool: ToolSetup;
  /** Undefined where there was nothing to prove, or nothing to prove it with. */
  readonly verification: Verification | undefined;
  readonly whyNot: string;
}

/** Looks at every tool; those that point at a daemon that runs are proven by a request that costs nothing. */
export async function listTools(tools: Registry<Integration>, context: Context): Promise<ListedTool[]> {
  const loaded = await Promise.all(Object.keys(tools).map((id) => loadTool(id, tools, context)));
  const daemon = await runningDaemon(context);
  return Promise.all(loaded.map((tool) => listed(tool, daemon, context)));
}

/** The tools whose settings lead to the daemon's port, on which nothing serves. */
export function waitingTools(list: readonly ListedTool[], context: Context): PointedTool[] {
  const { port } = loadConfiguration(context).settings;
  const origin = `http://${localHost}:${port.value}`;
  return list.flatMap(({ tool, whyNot }) => {
    const { uses } = tool.status;
    if (whyNot === "" || uses === undefined || !uses.baseUrl.startsWith(origin)) return [];
    const target = { origin, model: uses.model ?? FALLBACK_MODEL };
    return [{ tool, origin, prove: () => verifySetup(tool.integration, uses, target, "free", context) }];
  });
}

/** Prints the table. */
export function reportTools(list: readonly ListedTool[], options: Invocation["options"], context: Context): void {
  if (options["json"] === true) {
    writeJson(context.stdout, { version: 1, tools: list.map(asJson) });
    return;
  }
  const width = tableWidth(context.stdout);
  const columns = [
    { title: "Tool" },
    { title: "Here" },
    { title: "Set up for" },
    { title: "Verified" },
    { title: "Tried with" },
    { title: "By", shrinks: true },
  ];
  const rows = list.map(({ tool, verification, whyNot }) => [
    tool.id,
    installedText(tool),
    tool.integration.place === "remote" ? "(by hand)" : configuredFor[tool.status.configuredFor],
    verification === undefined ? whyNot : verification.isProven ? "yes, for free" : "no",
    tool.integration.verified,
    byText(tool, context.home),
  ]);
  // The file's name needs room that 80 columns don't have; --json has it always.
  const shown = width < ROOM_FOR_FILES ? columns.length - 1 : columns.length;
  const cut = rows.map((row) => row.slice(0, shown));
  writeLine(context.stdout, renderTable(columns.slice(0, shown), cut, { width }));
  for (const { tool, verification } of list) {
    if (verification?.isProven === false)
      writeNote(context, "warning", `${tool.integration.title}: ${verification.text}`);
  }
}

const ROOM_FOR_FILES = 110;

const configuredFor: Readonly<Record<Status["configuredFor"], string>> = {
  nothing: "nothing",
  "zenthrex-local": "the daemon",
  "zenthrex-direct": "the hosted API",
  other: "another service",
};

function installedText({ integration, status }: ToolSetup): string {
  if (integration.place === "library" && status.installed) return "-";
  return status.installed ? "yes" : "no";
}

/** What says so: the settings that are there, or the shell's variables where a tool has none. */
function byText({ status }: ToolSetup, home: string): string {
  const files = status.files.filter(({ text }) => text !== undefined).map(({ path }) => path);
  const shown = files.map((path) => (home !== "" && path.startsWith(home) ? `~${path.slice(home.length)}` : path));
  if (status.files.length > 0) return shown.join(", ");
  return status.configuredFor === "nothing" ? "" : status.shell.names.join(", ");
}

async function runningDaemon(context: Context): Promise<{ origin: string; credential: string } | undefined> {
  const { settings, values } = loadConfiguration(context);
  const token = localTokenOf(values);
  const port = settings.port.value;
  if (token === undefined || port === 0) return undefined;
  if ((await proveDaemon(port, token)) !== "ours") return undefined;
  return { origin: `http://${localHost}:${port}`, credential: token };
}

async function listed(
  tool: ToolSetup,
  daemon: Pick<Target, "origin" | "credential"> | undefined,
  context: Context,
): Promise<ListedTool> {
  const { uses, configuredFor: configured } = tool.status;
  if (uses === undefined || configured !== "zenthrex-local") return { tool, verification: undefined, whyNot: "" };
  if (daemon === undefined) return { tool, verification: undefined, whyNot: "daemon is down" };
  // The token that a tool sends must be the daemon's own before it is tried: another one is some other user's.
  if (uses.credential !== daemon.credential) {
    const text = "its token is not the daemon's: set it up again";
    return { tool, verification: { isProven: false, status: null, text, exitCode: 3 }, whyNot: "" };
  }
  const target = { ...daemon, model: uses.model ?? FALLBACK_MODEL };
  return { tool, verification: await verifySetup(tool.integration, uses, target, "free", context), whyNot: "" };
}

function asJson({ tool: { id, integration, status }, verification }: ListedTool): object {
  return {
    id,
    title: integration.title,
    place: integration.place,
    installed: status.installed,
    tried_with: integration.verified === "docs-only" ? null : integration.verified,
    configured_for: status.configuredFor,
    files: status.files.map(({ path }) => path),
    verified: verification === undefined ? null : { proven: verification.isProven, text: oneLine(verification.text) },
    notes: status.notes,
  };
}
