import type { Endpoint } from "../catalog/endpoints.ts";
import type { Exchange } from "./exchange.ts";

/** What a lane can count on. */
export interface AdmittedRequest {
  readonly endpoint: Endpoint;
  readonly key: string;
  readonly body: Buffer;
}

/** What the passes found out for the lanes. Throws: where a pass was left out, which is a bug. */
export function admittedRequest({ match, key, body }: Exchange): AdmittedRequest {
  if (match.endpoint === undefined || key === undefined || body === undefined) throw new Error("not admitted");
  return { endpoint: match.endpoint, key, body };
}
