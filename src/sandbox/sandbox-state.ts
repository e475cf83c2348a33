import type { Clock } from "../base/clock.ts";
import type { KeyGrant } from "./account/access-key.ts";
import type { PromptCache } from "./account/prompt-cache.ts";
import { type RateState, unusedRates } from "./account/rate-limits.ts";
import { openWallet, type Wallet } from "./account/wallet.ts";
import type { RequestLog } from "./http/request-log.ts";
import type { RepliesEntry } from "./reply/replies-file.ts";
import { compileRequestChecks, type RequestChecks } from "./validation/request-schema.ts";

/** Everything that belongs to one key. */
export interface Account {
  readonly key: string;
  readonly grant: KeyGrant;
  readonly wallet: Wallet;
  readonly rates: RateState;
  readonly cache: PromptCache;
}

/** What a sandbox remembers from request to request. All of it is forgotten by a reset. */
interface Memory {
  readonly accounts: Map<string, Account>;
  readonly log: RequestLog;
  /** How often a prompt with a fault that is to happen n times was seen. */
  readonly attempts: Map<string, number>;
  /** How often each entry of the replies file was used. */
  readonly repliesUsed: Map<number, number>;
  /** Last number given to an id, by its prefix. */
  readonly lastIds: Map<string, number>;
}

/** A sandbox: what it was started with, and what it remembers. */
export interface SandboxState {
  readonly clock: Clock;
  readonly countTokens: boolean;
  readonly replies: readonly RepliesEntry[];
  readonly checks: RequestChecks;
  readonly keptRequests: number;
  memory: Memory;
}

function emptyMemory(keptRequests: number): Memory {
  return {
    accounts: new Map(),
    log: { entries: [], capacity: keptRequests },
    attempts: new Map(),
    repliesUsed: new Map(),
    lastIds: new Map(),
  };
}

/** A sandbox that has seen nothing. */
export function createState(settings: Omit<SandboxState, "memory" | "checks">): SandboxState {
  return { ...settings, checks: compileRequestChecks(), memory: emptyMemory(settings.keptRequests) };
}

/** Forgets every account, request and counter. Answers under way keep what they began with. */
export function resetState(state: SandboxState): void {
  state.memory = emptyMemory(state.keptRequests);
}

/** The next id with a prefix: `msg_sandbox0000000000000001`. */
export function nextId(state: SandboxState, prefix: "req" | "msg" | "toolu"): string {
  const number = (state.memory.lastIds.get(prefix) ?? 0) + 1;
  state.memory.lastIds.set(prefix, number);
  return `${prefix}_sandbox${String(number).padStart(16, "0")}`;
}

/** The account of a key; its wallet opens when it is first seen. */
export function accountOf(state: SandboxState, key: string, grant: KeyGrant): Account {
  const known = state.memory.accounts.get(key);
  if (known !== undefined) return known;
  const account: Account = {
    key,
    grant,
    wallet: openWallet(grant.openingBalanceUsd),
    rates: unusedRates(),
    cache: new Map(),
  };
  state.memory.accounts.set(key, account);
  return account;
}
