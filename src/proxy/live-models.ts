import { isJsonObject } from "../base/json.ts";
import { models } from "../catalog/models.ts";
import { jsonOf } from "./collected-answer.ts";
import type { ProxyOptions } from "./options.ts";
import { callWhole } from "./upstream-get.ts";

/** One model that can be asked for. */
export interface ListedModel {
  readonly id: string;
  readonly displayName: string;
  /** As the upstream tells it, where it does. Units: ISO 8601. */
  readonly createdAt: string | undefined;
}

/** The models of the hosted API: the documented table, and what its live list has beside it. */
export interface LiveModels {
  /** Ids of the live list as far as it was read: costs nothing. */
  knownIds(): readonly string[];
  /** Ids of the live list, read again when it is older than 10 minutes. Never fails: an unreadable list is empty. */
  ids(): Promise<readonly string[]>;
  /** Documented and live models, each id once, the first name wins. */
  all(): Promise<readonly ListedModel[]>;
}

const keptMs = 600_000;
/** After a failure the list is not asked for again for this long. */
const failureKeptMs = 30_000;
/** Claude Code gives up on a gateway's list after 3 s. */
const timeoutMs = 2_500;

/** Reads `{"data":[{"id","display_name"}]}`; what has no id is passed over. */
function readList(body: Buffer): ListedModel[] | undefined {
  const data = jsonOf(body)?.["data"];
  if (!Array.isArray(data)) return undefined;
  return data.flatMap((entry: unknown) => {
    if (!isJsonObject(entry) || typeof entry["id"] !== "string" || entry["id"] === "") return [];
    const name = entry["display_name"];
    const createdAt = entry["created_at"];
    return [
      {
        id: entry["id"],
        displayName: typeof name === "string" ? name : entry["id"],
        createdAt: typeof createdAt === "string" ? createdAt : undefined,
      },
    ];
  });
}

/** Makes the cache of the live list. Its requests carry no key: the hosted API lists its models for anybody. */
export function createLiveModels(options: ProxyOptions): LiveModels {
  let live: readonly ListedModel[] = [];
  let goodUntilMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    const headers = [
      "accept",
      "application/json",
      "accept-encoding",
      "identity",
      "user-agent",
      `zenthrex/${options.version}`,
    ];
    try {
      const request = { method: "GET", path: "/v1/models", headers, retryOnce: true } as const;
      const { status, body } = await callWhole(options, request, timeoutMs).answer;
      const list = status === 200 ? readList(body) : undefined;
      goodUntilMs = options.clock.now() + (list === undefined ? failureKeptMs : keptMs);
      if (list !== undefined) live = list;
    } catch {
      // The documented table is the answer then; the request that follows will say what is wrong with the upstream.
      goodUntilMs = options.clock.now() + failureKeptMs;
    }
  };
  const refresh = (): Promise<void> => {
    const leftMs = goodUntilMs - options.clock.now();
    // A clock that was set back must not make it good for longer.
    if (leftMs > 0 && leftMs <= keptMs) return Promise.resolve();
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const ids = (): readonly string[] => live.map((model) => model.id);

  return {
    knownIds: ids,
    async ids() {
      await refresh();
      return ids();
    },
    async all() {
      await refresh();
      const documented = models
        .filter((model) => model.documented)
        .map(({ id, displayName }) => ({ id, displayName, createdAt: undefined }));
      const byId = new Map<string, ListedModel>();
      for (const model of [...documented, ...live]) if (!byId.has(model.id)) byId.set(model.id, model);
      return [...byId.values()];
    },
  };
}
