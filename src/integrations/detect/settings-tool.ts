import { findModel } from "../../catalog/models.ts";
import type {
  EditFileStep,
  IntegrationContext,
  KeyUnit,
  KeyValue,
  RecognisedKey,
  SettingsFile,
  Status,
  Target,
  ToolUse,
} from "../types.ts";
import { findProgram } from "./find-program.ts";
import { judgeUse } from "./judge-use.ts";
import { proxyNotes } from "./proxy-notes.ts";
import { type Layer, readLayer } from "./read-layer.ts";
import { settingAt } from "./setting-at.ts";

/** A tool with one settings file, in which an entry of ours stands beside those of others. */
export interface SettingsTool {
  readonly title: string;
  readonly syntax: SettingsFile["syntax"];
  readonly program?: string;
  /** What the file's top level is. */
  readonly shape?: "list";
  path(context: IntegrationContext): Promise<string> | string;
  /** What our entry in the settings makes the tool use; undefined where there is none. */
  usesOf(values: unknown): ToolUse | undefined;
  /** True where the tool is set up for somebody else. */
  isOther(values: unknown): boolean;
  /** All keys that a setup may write. */
  paths(): readonly (readonly string[])[];
  /** True for a key outside our entry that can only point at it. */
  isPointer(path: readonly string[], value: unknown): boolean;
  /** The first keys of paths in our entry. */
  readonly entry: readonly string[];
  notes?(context: IntegrationContext, values: unknown): Promise<readonly string[]> | readonly string[];
}

/** Looks at such a tool. `isInstalled`: what else than the program on PATH says that it is there. */
export async function detectSettingsTool(
  tool: SettingsTool,
  context: IntegrationContext,
  isInstalled = false,
): Promise<Status> {
  const layer = await readLayer(await tool.path(context), tool.syntax);
  const { path, text, values } = layer;
  const read = tool.shape === "list" ? (layer.list ?? []) : values;
  const problem = problemOf(layer, tool);
  const uses = tool.usesOf(read);
  const use = judgeUse(uses?.baseUrl, uses?.credential);
  const model = use.startsWith("zenthrex") ? findModel(uses?.model ?? "")?.id : undefined;
  const found = tool.program === undefined ? undefined : await findProgram(tool.program, context);
  return {
    installed: isInstalled || found !== undefined,
    configuredFor: uses !== undefined ? use : tool.isOther(read) ? "other" : "nothing",
    models: model === undefined ? {} : { model },
    files: [
      { path, syntax: tool.syntax, text, recognised: use === "zenthrex-local" ? recognised(tool, read) : [], values },
    ],
    ...(uses === undefined ? {} : { uses }),
    shell: shellOf(context),
    notes: [
      ...(problem === undefined ? [] : [`${problem}: ${tool.title} can't read this file`]),
      ...((await tool.notes?.(context, read)) ?? []),
      ...proxyNotes(tool.title, context.env),
    ],
  };
}

/** The edit of the tool's file; undefined where there is none to edit. */
export function settingsStep(
  status: Status,
  set: readonly KeyValue[],
  target: Target,
  units: readonly KeyUnit[] = [],
): EditFileStep | undefined {
  const [file] = status.files;
  if (file === undefined) return undefined;
  const holdsSecret = set.some(({ secret }) => secret);
  const access = !holdsSecret ? "as-is" : target.kind === "direct" ? "owner-only" : "private";
  return { kind: "edit-file", file, set, ...(units.length > 0 ? { units } : {}), access };
}

/** Keys that a new file of the kind begins with; in a file of the user's they stay as they are, there or not. */
export function frameKeys(file: SettingsFile | undefined, frame: Readonly<Record<string, string>>): KeyValue[] {
  const isNew = (file?.text ?? "").trim() === "";
  return Object.entries(frame).flatMap(([name, value]): KeyValue[] => {
    const present = file?.values?.[name];
    if (isNew) return [{ path: [name], value, frame: true }];
    return typeof present === "string" ? [{ path: [name], value: present, frame: true }] : [];
  });
}

function problemOf({ path, text, list, problem }: Layer, { shape }: SettingsTool): string | undefined {
  if (shape !== "list" || problem !== undefined) return list !== undefined && shape === "list" ? undefined : problem;
  return (text ?? "").trim() === "" ? undefined : `${path}:1:1: the top level is not a list`;
}

function recognised(tool: SettingsTool, values: unknown): RecognisedKey[] {
  return tool.paths().flatMap((path) => {
    const value = settingAt(values, path);
    if (value === undefined) return [];
    const isEntry = tool.entry.every((segment, index) => path[index] === segment);
    return isEntry || tool.isPointer(path, value) ? [{ path, value }] : [];
  });
}

function shellOf({ env }: IntegrationContext): Status["shell"] {
  const { NO_PROXY, no_proxy } = env;
  return {
    names: [],
    ...(NO_PROXY === undefined ? {} : { NO_PROXY }),
    ...(no_proxy === undefined ? {} : { no_proxy }),
  };
}
