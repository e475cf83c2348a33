import { ZenthrexError } from "../base/errors.ts";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import { maskSecret } from "../base/redact.ts";
import { askJson, type QuestionOptions } from "./json-answer.ts";
import type { UpstreamClient } from "./types.ts";

/** What one model cost. */
export interface WalletModel {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly spent_usd: number;
}

/** The wallet of a key, as documented. Source: hosted documentation, "GET /v1/whoami". */
export interface Wallet {
  /** Masked: the upstream sends the key itself back, which is of use to nobody. */
  readonly token: string;
  readonly balance_usd: number;
  readonly total_spent_usd: number;
  readonly total_input_tokens: number;
  readonly total_output_tokens: number;
  readonly per_model: Readonly<Record<string, WalletModel>>;
}

const PATH = "/v1/whoami";

function numberOf(source: JsonObject, name: string, where: string): number {
  const value = source[name];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new ZenthrexError("ZX_UPSTREAM_NOT_API", `${where} has no number "${name}"`);
}

function modelsOf(source: unknown, where: string): Record<string, WalletModel> {
  if (source === undefined || source === null) return {};
  if (!isJsonObject(source)) throw new ZenthrexError("ZX_UPSTREAM_NOT_API", `${where} has no object "per_model"`);
  const lines = Object.entries(source).map(([model, line]): [string, WalletModel] => {
    const fields = isJsonObject(line) ? line : {};
    return [
      model,
      {
        input_tokens: numberOf(fields, "input_tokens", where),
        output_tokens: numberOf(fields, "output_tokens", where),
        spent_usd: numberOf(fields, "spent_usd", where),
      },
    ];
  });
  return Object.fromEntries(lines);
}

/**
 * The wallet of a key. Fields beyond the documented ones are left out; a missing figure is an error, never a zero.
 * Throws: see `askJson`; ZX_UPSTREAM_NOT_API where a documented figure is missing.
 */
export async function fetchWhoami(client: UpstreamClient, key: string, options: QuestionOptions = {}): Promise<Wallet> {
  const where = `${client.origin}${PATH}`;
  const answer = await askJson(client, PATH, ["authorization", `Bearer ${key}`], options);
  return {
    token: maskSecret(typeof answer["token"] === "string" ? answer["token"] : key),
    balance_usd: numberOf(answer, "balance_usd", where),
    total_spent_usd: numberOf(answer, "total_spent_usd", where),
    total_input_tokens: numberOf(answer, "total_input_tokens", where),
    total_output_tokens: numberOf(answer, "total_output_tokens", where),
    per_model: modelsOf(answer["per_model"], where),
  };
}
