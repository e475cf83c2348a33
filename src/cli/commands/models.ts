import { ZenthrexError } from "../../base/errors.ts";
import { formatCount } from "../../base/format-count.ts";
import { models as catalog, findModel, type Model, openaiAliases } from "../../catalog/models.ts";
import type { HostedModel } from "../../upstream/models.ts";
import type { Command } from "../command.ts";
import { loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { writeNote } from "../note.ts";
import { createPaint, tableWidth, withSpinner, writeJson, writeLine } from "../output.ts";
import { type Column, renderTable } from "../table.ts";
import { withUpstream } from "../with-upstream.ts";

const models: Command = {
  description:
    "Lists the models that the hosted API documents and those that it lists now, with context windows, list prices (an estimate: the " +
    "wallet's own figures win) and the names that mean them. Needs no key.",
  examples: [
    { run: "zenthrex models", does: "models, windows, prices, aliases" },
    { run: "zenthrex models --offline", does: "only what is documented, without asking the hosted API" },
  ],
  options: [
    { flags: "--offline", description: "don't ask the hosted API what it lists now" },
    { flags: "--upstream <origin>", description: "ask this origin instead of the configured one" },
  ],
  exitCodes: {
    0: "listed; where the live list couldn't be had, a warning on stderr says so",
    2: "wrong usage",
    6: "the config file can't be read",
  },
  json: [
    '{"version":1,"live":true,"models":[{"id":"claude-opus-4-7",',
    '  "display_name":"Claude Opus 4.7","documented":true,"listed":true,',
    '  "tier":"opus","context_tokens":200000,"max_output_tokens":128000,',
    '  "list_price_usd_per_million":{"input":5,"output":25,"cache_write_5m":6.25,"cache_write_1h":10,"cache_read":0.5}}],',
    ' "aliases":{"gpt-4o":"claude-opus-4-7"}}',
  ].join("\n"),
  async run({ options }, context) {
    const { settings } = loadConfiguration(context, options);
    const live = options["offline"] === true ? undefined : await askLive(context, settings.upstream.value);
    const rows = listModels(live);
    const aliases = { ...openaiAliases, ...settings.aliases.value };
    if (options["json"] === true) {
      writeJson(context.stdout, { version: 1, live: live !== undefined, models: rows.map(toJson), aliases });
    } else show(rows, aliases, live !== undefined, context);
    return 0;
  },
};

export default models;

/** A model, and whether the hosted API listed it just now: undefined where it wasn't asked. */
interface ListedModel {
  readonly id: string;
  readonly displayName: string;
  readonly known: Model | undefined;
  readonly isListed: boolean | undefined;
}

/** Documented models first, then what the live list has beyond them, each once. */
function listModels(live: readonly HostedModel[] | undefined): ListedModel[] {
  const listed = new Map((live ?? []).toReversed().map((line) => [line.id, line]));
  const documented = catalog.filter((model) => model.documented);
  const known = documented.map((model) => ({
    id: model.id,
    displayName: model.displayName,
    known: model,
    isListed: live === undefined ? undefined : listed.has(model.id),
  }));
  const further = (live ?? []).filter(
    ({ id }, index, all) =>
      !documented.some((model) => model.id === id) && all.findIndex((line) => line.id === id) === index,
  );
  return [
    ...known,
    ...further.map(({ id, display_name: name }) => ({
      id,
      displayName: name ?? id,
      known: findModel(id),
      isListed: true,
    })),
  ];
}

/** Without the live list the documented one still helps: a failure is told, not an end. */
async function askLive(context: Context, origin: string): Promise<readonly HostedModel[] | undefined> {
  try {
    const { fetchModels } = await import("../../upstream/models.ts");
    const asking = withUpstream(context, origin, (client) => fetchModels(client, { clock: context.clock }));
    return await withSpinner(context, `asking ${new URL(origin).host}`, asking);
  } catch (error) {
    if (!(error instanceof ZenthrexError)) throw error;
    writeNote(context, "warning", `the live list can't be had, this is the documented one: ${error.message}`);
    return undefined;
  }
}

function show(
  rows: readonly ListedModel[],
  aliases: Readonly<Record<string, string>>,
  isLive: boolean,
  context: Context,
): void {
  const paint = createPaint(context.color);
  const columns: readonly Column[] = [
    { title: "Model", shrinks: true },
    { title: "Context", align: "right" },
    { title: "Output", align: "right" },
    { title: "$/M in", align: "right" },
    { title: "$/M out", align: "right" },
    { title: isLive ? "Listed now" : "" },
  ];
  const cells = rows.map(({ id, known, isListed }) => [
    id,
    known === undefined ? "?" : tokens(known.contextTokens),
    known === undefined ? "?" : tokens(known.maxOutputTokens),
    known === undefined ? "?" : known.prices.input.toFixed(2),
    known === undefined ? "?" : known.prices.output.toFixed(2),
    isListed === undefined ? "" : isListed ? "yes" : "documented only",
  ]);
  const style = { width: tableWidth(context.stdout), head: paint.quiet };
  writeLine(context.stdout, renderTable(columns, cells, style));
  const names = Object.entries(aliases).map(([name, model]) => [name, model]);
  writeLine(context.stdout, `\n${renderTable([{ title: "Name", shrinks: true }, { title: "Means" }], names, style)}`);
  writeLine(context.stdout, `\n${paint.quiet("List prices, an estimate: `zenthrex whoami` shows what was paid.")}`);
}

function tokens(count: number): string {
  return `${formatCount(count / 1000)}K`;
}

function toJson({ id, displayName, known, isListed }: ListedModel): object {
  const details =
    known === undefined
      ? { tier: null, context_tokens: null, max_output_tokens: null, list_price_usd_per_million: null }
      : {
          tier: known.tier,
          context_tokens: known.contextTokens,
          max_output_tokens: known.maxOutputTokens,
          list_price_usd_per_million: {
            input: known.prices.input,
            output: known.prices.output,
            cache_write_5m: known.prices.cacheWrite5m,
            cache_write_1h: known.prices.cacheWrite1h,
            cache_read: known.prices.cacheRead,
          },
        };
  return {
    id,
    display_name: displayName,
    documented: known?.documented ?? false,
    listed: isListed ?? null,
    ...details,
  };
}
