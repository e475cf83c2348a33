import { localHost } from "../../catalog/endpoints.ts";
import type { Context } from "../context.ts";
import type { Paint } from "../output.ts";
import { selfCommandForPeople } from "../self-command.ts";
import { renderFacts } from "../table.ts";
import { curlExamples } from "./curl-examples.ts";

/** What `serve` says once it serves. */
export interface WelcomeFacts {
  readonly port: number;
  /** The upstream's origin, or the sandbox's. */
  readonly upstream: string;
  readonly isSandbox: boolean;
  /** The key as people may see it; undefined when there is none yet. */
  readonly key: string | undefined;
}

/** The first screen of `serve`: where it is, what it forwards to, with which key, and what to do next. */
export function renderWelcome(facts: WelcomeFacts, context: Context, paint: Paint): string {
  const url = `http://${localHost}:${facts.port}`;
  const upstream = facts.isSandbox ? `a sandbox on ${facts.upstream}: nothing is billed` : facts.upstream;
  const rows = [
    ["Anthropic tools", url],
    ["OpenAI tools", `${url}/v1`],
    ["Upstream", upstream],
    ["Key", facts.key ?? "none yet: requests are refused until you log in"],
  ] as const;
  const price = facts.isSandbox ? "" : " (costs less than a cent)";
  const examples = curlExamples(facts.port, context).map(
    ({ title, command }) => `${paint.quiet(`# ${title}, to paste into another terminal${price}`)}\n${command}`,
  );
  const self = selfCommandForPeople(context);
  const next = [
    ["Point a tool at it", `${self} setup claude-code`],
    ...(facts.isSandbox
      ? []
      : [
          (facts.key === undefined ? ["Log in", `${self} login`] : ["See the wallet", `${self} whoami`]) as readonly [
            string,
            string,
          ],
        ]),
    ["Stop", "Ctrl-C"],
  ] as const;
  return `${[
    `${paint.good("●")} ${paint.strong(`zenthrex ${context.version} serves`)}`,
    renderFacts(rows, paint.quiet).replace(/^/gm, "  "),
    ...examples,
    renderFacts(next, paint.quiet),
  ].join("\n\n")}\n\n`;
}
