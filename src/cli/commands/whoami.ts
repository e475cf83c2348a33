import { ZenthrexError } from "../../base/errors.ts";
import { formatCount } from "../../base/format-count.ts";
import { formatUsd } from "../../base/format-usd.ts";
import { maskSecret } from "../../base/redact.ts";
import { dashboardHint } from "../../catalog/endpoints.ts";
import { lowBalanceUsd } from "../../catalog/limits.ts";
import { type FoundKey, findKey, keyVariable } from "../../config/key.ts";
import type { Wallet } from "../../upstream/whoami.ts";
import type { Command } from "../command.ts";
import { loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { compareWallet, comparisonFields } from "../history/compare-wallet.ts";
import { comparisonReport } from "../history/comparison-report.ts";
import { writeNote } from "../note.ts";
import { createPaint, type Paint, tableWidth, writeJson, writeLine } from "../output.ts";
import { type Column, renderFacts, renderTable } from "../table.ts";
import { askWallet, spendingRows } from "../wallet.ts";

const whoami: Command = {
  description:
    "Shows the wallet of the key: what is left, what was spent and on which model. The figures are the hosted API's own; what its " +
    'total has beyond its models is shown as "other".',
  examples: [
    { run: "zenthrex whoami", does: "balance, spending and tokens" },
    { run: "zenthrex whoami --history", does: "and whether this machine's history says the same" },
    { run: "zenthrex whoami --json", does: "the hosted API's answer, its token masked" },
  ],
  options: [
    { flags: "--history", description: "compare the wallet with this machine's history, and say where they differ" },
    { flags: "--upstream <origin>", description: "ask this origin instead of the configured one" },
  ],
  exitCodes: {
    0: "the key works and the wallet holds money",
    2: "wrong usage",
    3: "there is no key, or the hosted API refused it",
    4: "the wallet is empty",
    5: "the hosted API can't be reached",
    6: "the config file can't be read",
  },
  json: [
    '{"token":"zk_...1234","balance_usd":12.45,"total_spent_usd":3.12,',
    ' "total_input_tokens":412903,"total_output_tokens":29110,',
    ' "per_model":{"claude-opus-4-7":{"input_tokens":390210,"output_tokens":22011,',
    '  "spent_usd":2.41}}}; with --history also "history":{"agrees":true,"recorded_since":"...",',
    ' "usage_unknown_requests":0,"lost_rows":0,"total":{"wallet":{},"journal":{},"difference":{}},',
    ' "per_model":{}}',
  ].join("\n"),
  async run({ options }, context) {
    const { settings, values, paths } = loadConfiguration(context, options);
    const found = findKey({ env: context.env, values });
    if (found === undefined) throw new ZenthrexError("ZX_AUTH_KEY_MISSING", "there is no key of the hosted API yet");
    const wallet = await askWallet(context, settings.upstream.value, found.key).catch((error: unknown) => {
      throw explain(error, found);
    });
    const compared =
      options["history"] === true ? await compareWallet(wallet, settings.upstream.value, context) : undefined;
    if (options["json"] === true) {
      writeJson(context.stdout, compared === undefined ? wallet : { ...wallet, history: comparisonFields(compared) });
    } else {
      const source = found.from === "environment" ? keyVariable : paths.file;
      showWallet(
        wallet,
        [
          ["Key", `${maskSecret(found.key)} (${source})`],
          ["Upstream", settings.upstream.value],
        ],
        context,
      );
      if (compared !== undefined) writeLine(context.stdout, `\n${comparisonReport(compared, context)}`);
    }
    if (wallet.balance_usd > 0) return 0;
    throw new ZenthrexError("ZX_WALLET_EMPTY", "the wallet is empty", { fix: `Top it up in ${dashboardHint}.` });
  },
};

export default whoami;

/** Logging in again wouldn't help while the variable wins. */
function explain(error: unknown, found: FoundKey): unknown {
  const isRefused = error instanceof ZenthrexError && error.code === "ZX_AUTH_KEY_REJECTED";
  if (!isRefused || found.from !== "environment") return error;
  return new ZenthrexError(error.code, error.message, {
    fix: `Correct the key in ${keyVariable}, or unset it to use the stored one.`,
    cause: error,
  });
}

function showWallet(wallet: Wallet, facts: readonly (readonly [string, string])[], context: Context): void {
  const paint = createPaint(context.color);
  const head = [
    ["Balance", formatUsd(wallet.balance_usd)],
    ["Spent", formatUsd(wallet.total_spent_usd)],
    ["Tokens", `${formatCount(wallet.total_input_tokens)} in, ${formatCount(wallet.total_output_tokens)} out`],
    ...facts,
  ] as const;
  const rows = spendingRows(wallet);
  const shown = renderFacts(head, paint.quiet).replace(formatUsd(wallet.balance_usd), (text) =>
    paintBalance(wallet, paint, text),
  );
  writeLine(context.stdout, shown);
  if (rows.length > 0) writeLine(context.stdout, `\n${spendingTable(rows, context, paint)}`);
  if (wallet.balance_usd > 0 && wallet.balance_usd < lowBalanceUsd) {
    writeNote(context, "warning", `the balance is low; top it up in ${dashboardHint}`);
  }
}

function spendingTable(rows: ReturnType<typeof spendingRows>, context: Context, paint: Paint): string {
  const columns: readonly Column[] = [
    { title: "Model", shrinks: true },
    { title: "Spent", align: "right" },
    { title: "Tokens in", align: "right" },
    { title: "Tokens out", align: "right" },
  ];
  const cells = rows.map((row) => [
    row.model,
    formatUsd(row.spentUsd),
    formatCount(row.inputTokens),
    formatCount(row.outputTokens),
  ]);
  return renderTable(columns, cells, { width: tableWidth(context.stdout), head: paint.quiet });
}

function paintBalance(wallet: Wallet, paint: Paint, text: string): string {
  if (wallet.balance_usd <= 0) return paint.bad(text);
  return wallet.balance_usd < lowBalanceUsd ? paint.warning(text) : paint.strong(text);
}
