import type { Invocation } from "../command.ts";
import type { Configuration } from "../configuration.ts";
import type { LiveSettings } from "./live-settings.ts";
import type { ServeLog } from "./serve-log.ts";

/** Opens a wallet of $5.00 in the sandbox. The user's own key never goes there. */
export const sandboxKey = "zk_sandbox_local";

/** Everything that serving needs, resolved. */
export interface Serving {
  readonly options: Invocation["options"];
  readonly configuration: Configuration;
  readonly settings: LiveSettings;
  readonly log: ServeLog;
  readonly localToken: string;
  /** How long running answers may go on after a signal. */
  readonly drainMs: number;
  /** The file that takes the log instead of the terminal. Shape: an absolute path. */
  readonly logFile?: string;
}
