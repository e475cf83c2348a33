import type { JsonObject } from "../../base/json.ts";
import { configPaths } from "../../config/paths.ts";
import { valueAt } from "../../config/resolve.ts";
import { settings } from "../../config/schema.ts";
import { modelId } from "../../config/setting-values.ts";
import { updateConfig } from "../../config/store.ts";
import { withValue } from "../../config/with-value.ts";
import type { Command, ExitCode, Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import {
  type KnownTarget,
  listSettings,
  requireTarget,
  secretRow,
  settingRow,
  settingUsage,
  shownSetting,
  showValue,
} from "../listed-settings.ts";
import { writeNote } from "../note.ts";
import { createPaint, tableWidth, writeJson, writeLine } from "../output.ts";
import { renderTable } from "../table.ts";

/** Actions that are about one setting. */
const aboutOne = new Set(["get", "set", "unset"]);

const config: Command = {
  description:
    "Reads and changes settings. The nearest of command line, environment, config file and default wins; the daemon uses a changed " +
    "alias, host or origin from the next request on, the other settings when it starts again.",
  examples: [
    { run: "zenthrex config list", does: "every setting, its value and where that came from" },
    { run: "zenthrex config set port 19400", does: "listen on another port" },
    {
      run: "zenthrex config set aliases.gpt-5 claude-opus-4-7",
      does: "let a tool's own model name mean a model that exists",
    },
    { run: "zenthrex config set proxy.allowedHosts host.docker.internal", does: "let containers in" },
    { run: "zenthrex config unset port", does: "back to the default" },
  ],
  tables: [
    {
      title: "Settings",
      rows: Object.entries(settings).map(([name, row]) => [
        name === "aliases" ? "aliases.<name>" : name,
        `${row.description} (${row.variable ?? "no variable"})`,
      ]),
    },
  ],
  arguments: [
    {
      name: "<action>",
      description: "path, list, get, set or unset",
      suggests: ["path", "list", "get", "set", "unset"],
    },
    {
      name: "[name]",
      description: "a setting, or aliases.<name>",
      suggests: ([action]) => (aboutOne.has(action ?? "") ? Object.keys(settings) : []),
    },
    { name: "[values...]", description: "what to set it to; lists take several, by blanks or commas" },
  ],
  exitCodes: {
    0: "done",
    2: "no such setting, or a value that it doesn't take",
    6: "the config file can't be read or written",
  },
  json: [
    '{"version":1,"file":"...","settings":[{"name":"port","value":19368,',
    ' "from":"default","source":"default"}]}',
  ].join("\n"),
  async run(invocation, context) {
    const action = String(invocation.args["action"]);
    const handler = new Map<string, Action>([
      ["path", path],
      ["list", list],
      ["get", get],
      ["set", set],
      ["unset", unset],
    ]).get(action);
    if (handler === undefined)
      throw settingUsage(`there is no action "${action}"`, "Use path, list, get, set or unset.");
    return handler(invocation, context);
  },
};

export default config;

type Action = (invocation: Invocation, context: Context) => Promise<ExitCode>;

async function path({ options }: Invocation, context: Context): Promise<ExitCode> {
  const { file } = configPaths(context);
  if (options["json"] === true) writeJson(context.stdout, { version: 1, file });
  else context.stdout.write(`${file}\n`);
  return 0;
}

async function list({ options }: Invocation, context: Context): Promise<ExitCode> {
  const { file } = configPaths(context);
  const rows = listSettings(context);
  if (options["json"] === true) {
    writeJson(context.stdout, { version: 1, file, settings: rows });
    return 0;
  }
  const paint = createPaint(context.color);
  const columns = [{ title: "Setting" }, { title: "Value", shrinks: true }, { title: "From" }];
  const cells = rows.map((row) => [row.name, showValue(row.value), row.from === "environment" ? row.source : row.from]);
  writeLine(context.stdout, renderTable(columns, cells, { width: tableWidth(context.stdout), head: paint.quiet }));
  writeLine(context.stdout, `\n${paint.quiet(`Config file: ${file}`)}`);
  return 0;
}

async function get({ args, options }: Invocation, context: Context): Promise<ExitCode> {
  const name = requireName(args["name"], "get");
  const found = secretRow(name, context) ?? settingRow(name, context);
  if (options["json"] === true) writeJson(context.stdout, { version: 1, ...found });
  else writeLine(context.stdout, showValue(found.value));
  return 0;
}

async function set({ args, options }: Invocation, context: Context): Promise<ExitCode> {
  const name = requireName(args["name"], "set");
  const values = args["values"];
  const text = Array.isArray(values) ? values.join(",") : "";
  refuseSecret(name);
  const target = requireTarget(name);
  if (text === "")
    throw settingUsage(
      `what should ${name} be`,
      `It takes ${takes(target)}, such as: zenthrex config set ${name} ${example(target)}`,
    );
  const value = parseValue(name, target, text);
  await change(context, (old) => withValue(old, target.path, value));
  return confirm(name, shownSetting(target, value), options, context);
}

async function unset({ args, options }: Invocation, context: Context): Promise<ExitCode> {
  const name = requireName(args["name"], "unset");
  refuseSecret(name);
  const target = requireTarget(name);
  await change(context, (old) =>
    valueAt(old, target.path) === undefined ? undefined : withValue(old, target.path, undefined),
  );
  return confirm(name, settingRow(name, context).value, options, context);
}

function refuseSecret(name: string): void {
  if (name === "key") throw settingUsage("the key is no setting", "Use `zenthrex login` and `zenthrex logout`.");
  if (name === "localToken") throw settingUsage("the local token is no setting", "Use `zenthrex key token` to see it.");
}

function requireName(name: string | string[] | undefined, action: string): string {
  if (typeof name === "string") return name;
  throw settingUsage(`which setting to ${action}`, "See `zenthrex config list`.");
}

function parseValue(name: string, target: KnownTarget, text: string): unknown {
  try {
    return target.kind === "alias" ? modelId(text) : settings[target.name].fromText(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : `expected ${takes(target)}`;
    throw settingUsage(
      `bad value of ${name}: ${reason}`,
      `For example: zenthrex config set ${name} ${example(target)}`,
    );
  }
}

const takes = (target: KnownTarget): string =>
  (target.kind === "alias" ? settings.aliases : settings[target.name]).takes;
const example = (target: KnownTarget): string =>
  (target.kind === "alias" ? settings.aliases : settings[target.name]).example;

async function change(context: Context, make: (values: JsonObject) => JsonObject | undefined): Promise<void> {
  await updateConfig(configPaths(context), make);
}

function confirm(name: string, value: unknown, options: Invocation["options"], context: Context): ExitCode {
  const now = settingRow(name, context);
  if (options["json"] === true) writeJson(context.stdout, { version: 1, ...now });
  else writeLine(context.stdout, `${name} is ${showValue(value)}`);
  if (now.from === "environment") {
    writeNote(context, "warning", `${now.source} is set and wins: ${name} stays ${showValue(now.value)} in this shell`);
  }
  return 0;
}
