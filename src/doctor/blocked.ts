import { headerValue } from "../base/headers.ts";
import { printable, redact } from "../base/redact.ts";
import { describeAnswer, isPage } from "./classify-answer.ts";
import type { ProbeAnswer, ProbeResult } from "./types.ts";

type Answered = Extract<ProbeAnswer, { kind: "answer" }>;

/** What edges and filters put into an answer so that it can be found again. */
const MARKS = ["cf-ray", "x-request-id", "x-amz-cf-id", "x-sucuri-id", "x-azure-ref", "x-iinfo"];

/** The ids by which whoever refused finds the request again. Shape: `name: value` lines. */
export function marksOf(answer: ProbeAnswer): string[] {
  if (answer.kind === "failed") return [];
  return MARKS.flatMap((name) => {
    const value = headerValue(answer.headers, name);
    return value === undefined ? [] : [`${name}: ${redact(printable(value)).slice(0, 80)}`];
  });
}

/**
 * What a refusal says that comes from neither the API nor the key: a bot check or a block page of an edge, a company's filter, a law;
 * a proxy on the way that wants a login; a limit of the edge. Undefined for any other answer.
 */
export function blockedBy(answer: ProbeAnswer, host: string): ProbeResult | undefined {
  if (answer.kind === "failed") return undefined;
  const said = describeAnswer(answer);
  const evidence = marksOf(answer);
  if (isChallenge(answer)) {
    return {
      status: "fail",
      cause: "access-blocked",
      finding: `a bot check in front of ${host} refuses this network (${said}): nothing here is wrong; it goes by the address, so try without the VPN or on another network, and report it with its id`,
      evidence,
      fix: { command: "zenthrex doctor --bundle" },
    };
  }
  if (answer.status === 407) {
    return {
      status: "fail",
      cause: "proxy-login",
      finding: `a proxy on the way to ${host} wants a login (${said}), and no variable names one`,
      evidence,
      fix: { command: "export HTTPS_PROXY=http://<user>:<password>@<host>:<port>" },
    };
  }
  if (isPage(answer) && answer.status === 429) {
    return {
      status: "fail",
      cause: "rate-limited",
      finding: `the edge in front of ${host} takes no more requests from this address for now (${said})`,
      evidence,
      fix: { command: `sleep ${waitOf(answer)} && zenthrex doctor --only api` },
    };
  }
  if ((isPage(answer) && [403, 406, 418].includes(answer.status)) || answer.status === 451) {
    return {
      status: "fail",
      cause: "access-blocked",
      finding: `a filter on the way to ${host} refuses this network or machine (${said}): ask whoever runs the network, or try another one`,
      evidence,
      fix: { command: "zenthrex doctor --bundle" },
    };
  }
  return undefined;
}

/** Source: Cloudflare's documentation of challenge pages (cf-mitigated), and the titles of its pages. */
function isChallenge(answer: Answered): boolean {
  if (/challenge/i.test(headerValue(answer.headers, "cf-mitigated") ?? "")) return true;
  return (
    isPage(answer) &&
    answer.status >= 400 &&
    /<title>\s*(just a moment|attention required)|_cf_chl_opt/i.test(answer.body)
  );
}

function waitOf(answer: Answered): number {
  const value = Number(headerValue(answer.headers, "retry-after"));
  return Number.isFinite(value) && value > 0 ? Math.min(Math.ceil(value), 3600) : 60;
}
