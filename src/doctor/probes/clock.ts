import { headerValue } from "../../base/headers.ts";
import { modelList } from "../free-requests.ts";
import type { Probe } from "../types.ts";

/** Less is network delay and a clock that nobody minds. */
const SKEW_MS = 5 * 60 * 1000;

const clockProbe: Probe = {
  code: "clock",
  title: "Clock",
  dependsOn: ["tls"],
  scope: "both",
  async run({ target, request, clock }) {
    const answer = await request(modelList(`${target.origin}/v1/models`));
    if (answer.kind === "failed") return { status: "skip", finding: "nobody told the time" };
    const told = Date.parse(headerValue(answer.headers, "date") ?? "");
    if (Number.isNaN(told)) return { status: "skip", finding: "the answer has no Date" };
    const offMs = clock.now() - told;
    if (Math.abs(offMs) < SKEW_MS) return { status: "pass", finding: "agrees with the hosted API's" };
    const here = new Date(clock.now()).toISOString().slice(0, 16);
    const there = new Date(told).toISOString().slice(0, 16);
    return {
      status: "warn",
      cause: "clock-skew",
      finding: `this machine's clock says ${here} UTC, the hosted API's ${there}: certificates and retries go wrong`,
      fix: { command: "sudo timedatectl set-ntp true" },
    };
  },
};

export default clockProbe;
