import { type Budget, createBudgetKeeper } from "../../history/budget.ts";
import { openJournal } from "../../history/journal.ts";
import { mendRows } from "../../history/mend-rows.ts";
import type { ProxyOptions, RequestSink } from "../../proxy/options.ts";
import type { UpstreamClient } from "../../upstream/types.ts";
import type { Context } from "../context.ts";
import { historyFolderOf, processFacts } from "../history/history-access.ts";

import { keepGlance } from "./keep-glance.ts";

/** What a daemon records of its requests. */
export interface ServeHistoryOptions {
  /** Whose wallet pays: the upstream's origin, or the sandbox of `serve --sandbox`. */
  readonly origin: string | "sandbox";
  readonly budgets: () => readonly Budget[];
  /** Whose balance a status line shows. */
  readonly upstream: UpstreamClient;
  readonly apiKey: () => string | undefined;
  /** Is told of the same requests: the log. */
  readonly sink: RequestSink;
  readonly tell: (message: string) => void;
}

/** The history of a daemon that serves. */
export interface ServeHistory {
  readonly sink: RequestSink;
  readonly checkBudget: NonNullable<ProxyOptions["checkBudget"]>;
  close(): void;
}

/**
 * Opens the journal of a daemon, ends beside it what killed ones left open, and watches the budgets. Never throws: a daemon whose
 * history can't be written serves all the same, and says so.
 */
export function openServeHistory(options: ServeHistoryOptions, context: Context): ServeHistory {
  const { sink, tell, budgets } = options;
  const { clock } = context;
  const folder = historyFolderOf(options.origin, context);
  const process = processFacts(context);
  const writer = Buffer.from(context.randomBytes(8)).toString("hex");
  const journal = openJournal({ folder, clock, process, writer, tell });
  const keeper = createBudgetKeeper({ folder, writer, clock, budgets, tell });
  const { upstream, apiKey } = options;
  const glance = keepGlance({ folder, writer, clock, upstream, apiKey, todayUsd: () => keeper.spentUsd("day") });
  mendRows({ folder, journal, process, nowMs: clock.now() }).catch((error: unknown) =>
    tell(`the history of a killed daemon can't be read: ${error instanceof Error ? error.message : "unknown error"}`),
  );
  return {
    sink: {
      started(start) {
        journal.started(start);
        sink.started(start);
      },
      sending: () => journal.flush(),
      ended(record) {
        journal.ended(record);
        keeper.ended(record);
        sink.ended(record);
        glance();
      },
    },
    checkBudget: () => keeper.check(),
    close: () => journal.close(),
  };
}
