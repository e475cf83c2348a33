import type { UpstreamRequest } from "../upstream/types.ts";
import { admittedRequest } from "./admitted.ts";
import { scanBody } from "./body-scan.ts";
import { type AnswerHead, chooseRelay } from "./choose-relay.ts";
import type { Exchange } from "./exchange.ts";
import { upstreamHeaders } from "./forwarded-headers.ts";
import type { Relay, RelayContext } from "./relay.ts";
import { type LanePlan, runLane } from "./run-lane.ts";

/** The plan of the raw lane for one request. */
class RawPlan implements LanePlan {
  readonly request: UpstreamRequest;
  readonly #body: Buffer;

  constructor(exchange: Exchange) {
    const { endpoint, key, body } = admittedRequest(exchange);
    const { match, request } = exchange;
    this.#body = body;
    this.request = {
      method: "POST",
      path: match.query === "" ? endpoint.path : endpoint.path + match.query,
      headers: upstreamHeaders(request.rawHeaders, endpoint, key),
      body,
    };
  }

  wantsStream(): boolean {
    return scanBody(this.#body).stream;
  }

  chooseRelay(context: RelayContext, answer: AnswerHead): Relay | undefined {
    return chooseRelay(context, answer);
  }
}

/**
 * The raw lane: bytes in = bytes out. What changes on the way up is the credential, the host and the path; on the way down
 * nothing but our heartbeat and, where the upstream fails, its consequences.
 */
export function rawLane(exchange: Exchange): void {
  runLane(exchange, new RawPlan(exchange));
}
