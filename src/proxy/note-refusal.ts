import type { ZenthrexError } from "../base/errors.ts";
import type { Exchange } from "./exchange.ts";
import { toolOf } from "./record.ts";

/** How long the log keeps quiet about further refusals of one kind: who sends them may be a page that wants to fill the disk. */
const quietMs = 60_000;

/** When refusals of one kind were last said, and how many came since. */
export interface SaidRefusals {
  saidAtMs: number;
  unsaid: number;
}

const reasons: Readonly<Partial<Record<ZenthrexError["code"], string>>> = {
  ZX_AUTH_TOKEN_MISSING: "it sent no local token",
  ZX_AUTH_TOKEN_WRONG: "it sent a wrong local token",
};

/** Names of `toolName` that say what was called with, not who called. */
const unnamed: ReadonlySet<string> = new Set(["none", "other", "node", "python", "bun", "go", "java", "browser"]);

/**
 * Says in the log that a program without the right token was refused, and what to do; a tool that is set up for another daemon
 * often shows nothing but "401". Once a minute for each tool and reason, both of closed lists, and never what was sent.
 */
export function noteRefusal(exchange: Exchange, error: ZenthrexError): void {
  const reason = reasons[error.code];
  if (reason === undefined) return;
  const { proxy } = exchange;
  const tool = toolOf(exchange);
  const now = proxy.options.clock.now();
  const kind = `${error.code} ${tool}`;
  const said = proxy.saidRefusals.get(kind);
  if (said !== undefined && Math.abs(now - said.saidAtMs) < quietMs) {
    said.unsaid++;
    return;
  }
  proxy.saidRefusals.set(kind, { saidAtMs: now, unsaid: 0 });
  const who = unnamed.has(tool) ? `a program (${tool === "none" ? "without a name" : tool})` : tool;
  const more = said === undefined || said.unsaid === 0 ? "" : ` (${said.unsaid} more before)`;
  proxy.options.log({
    level: "info",
    message: `refused ${who}: ${reason}; point it at this daemon with \`zenthrex setup <tool>\`${more}`,
    fields: { tool, code: error.code, route: exchange.match.route },
  });
}
