import { formatUsd } from "../../base/format-usd.ts";
import { dashboardHint } from "../../catalog/endpoints.ts";
import { lowBalanceUsd } from "../../catalog/limits.ts";
import { classifyAnswer, jsonOf } from "../classify-answer.ts";
import { freeMessages, walletOf, walletOfDaemon } from "../free-requests.ts";
import type { Probe, ProbeContext, ProbeRequest, ProbeResult } from "../types.ts";

const wallet: Probe = {
  code: "wallet",
  title: "Wallet",
  dependsOn: ["key", "api", "auth"],
  async run(context) {
    const request = await whose(context);
    if (request === undefined) return { status: "skip", finding: "there is no key to ask about" };
    const answer = await context.request(request);
    const messages =
      context.key.kind === "none"
        ? undefined
        : await context.request(freeMessages(`${context.target.origin}/v1/messages`));
    const isRefused = [answer, messages].some((each) => each !== undefined && classifyAnswer(each) === "wallet-empty");
    const balanceUsd = jsonOf(answer)["balance_usd"];
    if (isRefused || (typeof balanceUsd === "number" && balanceUsd <= 0))
      return { ...empty(balanceUsd), curl: [request] };
    if (typeof balanceUsd !== "number") return { status: "skip", finding: "the wallet wasn't told", curl: [request] };
    const shown = formatUsd(balanceUsd);
    if (balanceUsd >= lowBalanceUsd) return { status: "pass", finding: `${shown} left`, curl: [request] };
    return {
      status: "warn",
      cause: "wallet-low",
      finding: `only ${shown} is left in the wallet; top it up in ${dashboardHint}`,
      fix: { command: "zenthrex whoami" },
      curl: [request],
    };
  },
};

export default wallet;

function empty(balanceUsd: unknown): ProbeResult {
  const shown = typeof balanceUsd === "number" ? ` (${formatUsd(balanceUsd)})` : "";
  if (typeof balanceUsd === "number" && balanceUsd > 0) {
    return {
      status: "fail",
      cause: "wallet-empty",
      finding: `requests are refused with 402 for want of credit, though /v1/whoami shows ${formatUsd(balanceUsd)}: top up, or ask in ${dashboardHint}`,
      fix: { command: "zenthrex whoami" },
    };
  }
  return {
    status: "fail",
    cause: "wallet-empty",
    finding: `the wallet is empty${shown}: every request is refused with 402 until it is topped up in ${dashboardHint}`,
    fix: { command: "zenthrex whoami" },
  };
}

async function whose(context: ProbeContext): Promise<ProbeRequest | undefined> {
  if (context.key.kind === "present") return walletOf(context.target.origin);
  const daemon = await context.daemon();
  return daemon.identity === "ours" ? walletOfDaemon(daemon.port) : undefined;
}
