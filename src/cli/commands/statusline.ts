import { formatUsd } from "../../base/format-usd.ts";
import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { valueAt } from "../../config/resolve.ts";
import { localDay } from "../../history/periods.ts";
import type { Command, Invocation } from "../command.ts";
import { loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { oneLine, truncate } from "../format.ts";
import { historyOptions, historyQuery } from "../history/history-access.ts";
import { askForGlance, type Glance, readGlance } from "../history/wallet-glance.ts";
import { writeLine } from "../output.ts";

const statusline: Command = {
  description:
    "Prints one line for the status line of Claude Code: the model, what is left in the wallet, what was spent today, what this session cost, " +
    "and how much of its last prompt came from the prompt cache. Claude Code runs it and hands it JSON on stdin. It asks nobody: the daemon " +
    "keeps the balance at hand (a minute old at most while requests come), and only while a status line is used.",
  examples: [
    { run: "zenthrex setup claude-code --statusline", does: "let Claude Code show it; setup --undo takes it back" },
    { run: "zenthrex statusline < /dev/null", does: "see what is known without Claude Code" },
  ],
  options: historyOptions,
  exitCodes: { 0: "always: a status line must not disturb", 2: "wrong usage" },
  json: '{"version":1,"balance_usd":4.98,"today_usd":1.2,"session_usd":0.34,"cache_share":0.87,"model":"..."}',
  async run({ options }, context) {
    const session = sessionOf(context.stdin.isTty ? "" : await context.stdin.readAll().catch(() => ""));
    const glance = look(options, context);
    if (options["json"] === true)
      context.stdout.write(`${JSON.stringify({ version: 1, ...fields(glance, session) })}\n`);
    else writeLine(context.stdout, lineOf(glance, session, context));
    return 0;
  },
};

export default statusline;

interface Session {
  readonly model?: string;
  readonly costUsd?: number;
  readonly cacheShare?: number;
}

interface Look extends Partial<Glance> {
  readonly budgetUsd?: number;
}

/** A balance that is older is shown as about. */
const OLD_MS = 600_000;

/** Whatever is wrong with files of ours, Claude Code must go on. */
function look(options: Invocation["options"], context: Context): Look {
  try {
    const { settings } = loadConfiguration(context);
    const { folder } = historyQuery(options, context);
    askForGlance(folder, context.clock.now());
    const budget = settings["budget.day"].value;
    const glance = readGlance(folder);
    return { ...glance, ...todayOf(glance, context), ...(budget === undefined ? {} : { budgetUsd: budget.usd }) };
  } catch {
    return {};
  }
}

/** The daemon writes after each request: a glance of yesterday says that today none came. */
function todayOf(glance: Glance | undefined, { clock }: Context): { readonly todayUsd?: number } {
  if (glance === undefined) return {};
  return localDay(glance.atMs) === localDay(clock.now()) ? {} : { todayUsd: 0 };
}

/** Source: Claude Code documentation, "Status line": model, cost, context_window. All of it may be missing. */
function sessionOf(text: string): Session {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return {};
  }
  if (!isJsonObject(given)) return {};
  const model = valueAt(given, ["model", "id"]);
  const costUsd = valueAt(given, ["cost", "total_cost_usd"]);
  const used = valueAt(given, ["context_window", "current_usage"]);
  const share = isJsonObject(used) ? cacheShareOf(used) : undefined;
  return {
    ...(typeof model === "string" ? { model } : {}),
    ...(typeof costUsd === "number" && Number.isFinite(costUsd) ? { costUsd } : {}),
    ...(share === undefined ? {} : { cacheShare: share }),
  };
}

function cacheShareOf(used: JsonObject): number | undefined {
  const count = (name: string): number => {
    const value = used[name];
    return typeof value === "number" && value > 0 ? value : 0;
  };
  const read = count("cache_read_input_tokens");
  const all = read + count("input_tokens") + count("cache_creation_input_tokens");
  return all > 0 ? read / all : undefined;
}

function lineOf(look: Look, session: Session, { clock }: Context): string {
  const { balanceUsd, balanceAtMs, todayUsd, budgetUsd } = look;
  const parts: string[] = [];
  if (session.model !== undefined) parts.push(truncate(oneLine(session.model).replace(/^claude-/, ""), 40));
  if (balanceUsd !== undefined) {
    const isOld = balanceAtMs === undefined || Math.abs(clock.now() - balanceAtMs) > OLD_MS;
    parts.push(`${isOld ? "~" : ""}${formatUsd(balanceUsd)} left`);
  }
  const of = budgetUsd === undefined ? "" : ` of ${formatUsd(budgetUsd)}`;
  if (todayUsd !== undefined) parts.push(`today ~${formatUsd(todayUsd)}${of}`);
  if (session.costUsd !== undefined) parts.push(`session ~${formatUsd(session.costUsd)}`);
  if (session.cacheShare !== undefined) parts.push(`cache ${Math.floor(session.cacheShare * 100)}%`);
  return parts.length === 0 ? "zenthrex: nothing to show yet" : parts.join(" | ");
}

function fields(look: Look, session: Session): object {
  return {
    model: session.model ?? null,
    balance_usd: look.balanceUsd ?? null,
    today_usd: look.todayUsd ?? null,
    session_usd: session.costUsd ?? null,
    cache_share: session.cacheShare ?? null,
    budget_day_usd: look.budgetUsd ?? null,
  };
}
