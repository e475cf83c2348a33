import type { Wallet } from "../upstream/whoami.ts";
import type { Context } from "./context.ts";
import { withSpinner } from "./output.ts";
import { withUpstream } from "./with-upstream.ts";

/** Asks the upstream for the wallet of a key. Throws: as `fetchWhoami`. */
export async function askWallet(context: Context, origin: string, key: string): Promise<Wallet> {
  const { fetchWhoami } = await import("../upstream/whoami.ts");
  const asking = withUpstream(context, origin, (client) => fetchWhoami(client, key, { clock: context.clock }));
  return withSpinner(context, `asking ${new URL(origin).host}`, asking);
}

/** A line of the spending table. */
export interface SpendingRow {
  readonly model: string;
  readonly spentUsd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Below this two sums are equal: the wallet's figures are rounded to cents. */
const ROUNDING_USD = 0.005;

/**
 * Spending by model, most first. What the total has and no model does is a row "other": the hosted API counts it, but doesn't say
 * for what.
 */
export function spendingRows(wallet: Wallet): readonly SpendingRow[] {
  const rows = Object.entries(wallet.per_model).map(([model, line]) => ({
    model,
    spentUsd: line.spent_usd,
    inputTokens: line.input_tokens,
    outputTokens: line.output_tokens,
  }));
  const rest = rows.reduce(
    (left, row) => ({
      model: "other",
      spentUsd: left.spentUsd - row.spentUsd,
      inputTokens: left.inputTokens - row.inputTokens,
      outputTokens: left.outputTokens - row.outputTokens,
    }),
    {
      model: "other",
      spentUsd: wallet.total_spent_usd,
      inputTokens: wallet.total_input_tokens,
      outputTokens: wallet.total_output_tokens,
    },
  );
  const hasRest = Math.abs(rest.spentUsd) >= ROUNDING_USD || rest.inputTokens !== 0 || rest.outputTokens !== 0;
  const cents = { ...rest, spentUsd: Math.abs(rest.spentUsd) < ROUNDING_USD ? 0 : rest.spentUsd };
  return [
    ...rows.sort((a, b) => b.spentUsd - a.spentUsd || a.model.localeCompare(b.model)),
    ...(hasRest ? [cents] : []),
  ];
}
