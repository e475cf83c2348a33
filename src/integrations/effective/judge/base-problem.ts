import { localHost } from "../../../catalog/endpoints.ts";
import type { ProblemCode } from "../problem-code.ts";
import { showBase } from "../show-place.ts";
import type { Found, Problem } from "../types.ts";
import { rightBase, rightOrigin } from "./address.ts";
import { daemonOrigin, type Judging, mend, setTo } from "./judging.ts";

/** The right base URL of an endpoint, as far as its address tells what was meant. */
export function rightBaseOf({ address, endpoint, context, destination }: Judging): string {
  const keepsHosted = destination === "hosted" || destination === "near-hosted";
  const port = address.url?.port;
  const daemon =
    destination === "daemon" && port !== undefined && port !== ""
      ? `http://${localHost}:${port}`
      : daemonOrigin(context);
  return rightBase(keepsHosted ? rightOrigin(address, context, daemon) : daemon, endpoint.join);
}

/** What is wrong with a base, and the edit that puts it right where that can be one. */
export function baseProblem(
  judging: Judging,
  base: Found,
  code: ProblemCode,
  cause: string,
  severity: Problem["severity"] = "error",
  right = rightBaseOf(judging),
): Problem {
  const fix = mend(judging, base.place, setTo(base.place, right));
  return { code, severity, place: base.place, wrong: showBase(base.text), right, cause, fix };
}
