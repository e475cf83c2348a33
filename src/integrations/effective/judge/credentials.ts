import { ZenthrexError } from "../../../base/errors.ts";
import { maskSecret } from "../../../base/redact.ts";
import { checkKeyShape, isReference, keySurroundings, keyVendor } from "../../../config/key.ts";
import type { ProblemCode } from "../problem-code.ts";
import { showPlace } from "../show-place.ts";
import type { FoundCredential, Problem, ProblemFix } from "../types.ts";
import { credentialKind } from "./credential-kind.ts";
import { fillIn, isAboveUser, type Judging, mend, type Repair, removeFrom, tokenInto } from "./judging.ts";

const KEY = "your key (zk_...)";

/** What is wrong with the credentials of an endpoint that is ours. */
export function judgeCredentials(judging: Judging): Problem[] {
  const { endpoint, facts } = judging;
  const present = endpoint.credentials.filter(({ text }) => text.trim() !== "");
  const [first, ...others] = present;
  if (first === undefined) return missing(judging);
  const leak = others.length === 0 ? [] : beside(judging, first, others);
  const [problem] = [formProblem(judging, first)].filter((found) => found !== undefined);
  if (problem === undefined) return leak;
  // A second credential in the other header saves what is wrong with the first only at the daemon, which takes either.
  const isSaved =
    judging.destination === "daemon" &&
    others.some((other) => formProblem(judging, other) === undefined) &&
    facts.tool === "claude-code";
  return isSaved ? leak : [problem];
}

function missing(judging: Judging): Problem[] {
  const { endpoint, facts, context } = judging;
  const own = tokenInto(endpoint.apart, context.localToken);
  if (endpoint.hasHiddenCredential === true || facts.hasUnreadable) return [];
  const named = endpoint.credentials.find(({ missingVariable }) => missingVariable !== undefined);
  const place = named?.place ?? endpoint.base?.place;
  if (named?.missingVariable !== undefined) {
    return [
      {
        code: "credential-env-missing",
        severity: "error",
        place: named.place,
        wrong: named.missingVariable,
        cause: `${showPlace(named.place)} takes the key from the variable ${named.missingVariable}, which is not set here`,
        fix: mend(
          judging,
          named.place,
          own ?? {
            ...fillIn(judging, named.place, ""),
            text: `Export ${named.missingVariable} where ${facts.title} is started`,
          },
        ),
      },
    ];
  }
  // Its reader has said where the key stands instead.
  if (facts.problems.some(({ code }) => code === "credential-in-env-key")) return [];
  return [
    {
      code: "credential-missing",
      // A library is mostly given its key by the program that uses it, which can't be seen from here.
      severity: facts.tool.endsWith("-sdk") ? "note" : "error",
      ...(place === undefined ? {} : { place }),
      cause: `${facts.title} has a base URL and no credential to send there`,
      fix: mend(judging, undefined, own ?? giveTo(judging)),
    },
  ];
}

/** A credential for an endpoint that has none: in its entry, where there is a place for it. */
function giveTo(judging: Judging): Repair {
  const { facts, endpoint, destination } = judging;
  const { base } = endpoint;
  const place =
    endpoint.credentialPlace ?? (base?.place.layer === "shell" ? { layer: base.place.layer, name: "" } : undefined);
  const text = `Give ${facts.title} ${destination === "hosted" ? "your key" : "the local token"}`;
  if (place === undefined) return { text };
  const repair = fillIn(judging, place, rightWords(judging));
  return repair.edit === undefined && !repair.text.startsWith("eval ") ? { text } : repair;
}

function rightWords({ destination }: Pick<Judging, "destination">): string {
  return destination === "hosted" ? KEY : "what `zenthrex key token` prints";
}

/** How a credential that is refused, though it looks well, is mended. */
export function replaceRefused(
  judging: Omit<Judging, "address">,
  { place, overridden }: Pick<FoundCredential, "place" | "overridden">,
): ProblemFix {
  // What it hides is right for all that is known.
  if (isAboveUser(place) && overridden.some(({ text }) => text.trim() !== "")) {
    return mend(judging, place, removeFrom(place));
  }
  const own = tokenInto(judging.endpoint.apart, judging.context.localToken);
  return mend(judging, place, own ?? fillIn(judging, place, rightWords(judging)));
}

/** Why one credential will be refused where it goes; undefined where it won't. */
function formProblem(judging: Judging, credential: FoundCredential): Problem | undefined {
  const { context, destination, facts, endpoint } = judging;
  // Clients trim ASCII white space at the ends. Source: measured with Claude Code 2.1.330.
  const text = credential.text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
  const name = credential.place.name;
  const say = (code: ProblemCode, cause: string, right: string): Problem => ({
    code,
    severity: "error",
    place: credential.place,
    // The name of a variable is no secret.
    wrong: isReference(text) ? text : maskSecret(text.replace(/[^\x21-\x7e]/g, "")),
    cause,
    fix: mend(
      judging,
      credential.place,
      isCovered(judging, credential)
        ? removeFrom(credential.place)
        : (tokenInto(endpoint.apart, context.localToken) ?? fillIn(judging, credential.place, right)),
    ),
  });
  const malformed = (reason: string, does: string): Problem =>
    say("credential-malformed", `${name} holds no usable key: ${reason}; ${does}`, "the key alone, copied again");
  if (endpoint.losesLineEnds === true && /[\r\n]/.test(credential.text)) {
    return malformed("a line end is in it", `${facts.title} then sends none at all`);
  }
  if (text.startsWith("zxl_")) {
    if (destination === "hosted") {
      const cause = `${name} is the local token, which the hosted API doesn't know`;
      return say("credential-local-token-to-hosted", cause, KEY);
    }
    if (text === context.localToken || destination === "elsewhere") return undefined;
    const spoiled = keySurroundings(text);
    if (spoiled !== undefined) return malformed(spoiled, `${facts.title} sends it as it is`);
    const cause = `${name} is a local token, but not this daemon's: it was made anew, or belongs to another user or home`;
    return say("credential-stale-token", cause, "what `zenthrex key token` prints");
  }
  const vendor = keyVendor(text);
  if (vendor !== undefined) {
    const cause = `${name} is ${vendor}, which ${destination === "hosted" ? "the hosted API" : "the daemon"} refuses (401)`;
    return say("credential-other-vendor", cause, destination === "hosted" ? KEY : "the local token");
  }
  const reason = shapeProblem(text);
  if (reason === undefined) return undefined;
  if (facts.tool === "claude-code" && text.trim() !== text && shapeProblem(text.trim()) === undefined) {
    // Measured with Claude Code 2.1.330: it trims what JavaScript calls white space, such as U+00A0.
    return {
      ...malformed(reason, `${facts.title} cuts off the odd white space, not every tool does`),
      severity: "warning",
    };
  }
  return malformed(reason, `${facts.title} sends it as it is`);
}

/** What a nearer layer spoils, another one has right: without the first the tool works. */
function isCovered(judging: Judging, { place, overridden, header }: FoundCredential): boolean {
  const isRight = ({ text, place: other }: FoundCredential["overridden"][number]): boolean =>
    text.trim() !== "" && formProblem(judging, { text, place: other, overridden: [], header }) === undefined;
  return isAboveUser(place) && overridden.slice(0, 1).some(isRight);
}

function shapeProblem(text: string): string | undefined {
  try {
    checkKeyShape(text);
    return undefined;
  } catch (error) {
    if (error instanceof ZenthrexError) return error.message;
    throw error;
  }
}

/** Two credentials at once: both go out, the second to somebody that it is none of the business of. */
function beside(judging: Judging, first: FoundCredential, others: readonly FoundCredential[]): Problem[] {
  const { destination, facts } = judging;
  return others
    .filter((other) => other.text.trim() !== first.text.trim())
    .slice(0, 1)
    .map((other): Problem => {
      const foreign = [first, other].find(({ text }) => keyVendor(text.trim()) !== undefined);
      const leaking = foreign ?? other;
      const vendor = keyVendor(leaking.text.trim());
      const to = destination === "hosted" ? "to the hosted API" : "to the daemon, which drops it";
      const cause =
        vendor === undefined
          ? `${facts.title} has two credentials, ${first.place.name} and ${other.place.name}: both go out, and one of them may win wrongly`
          : `${showPlace(leaking.place)} is ${vendor}: ${facts.title} sends it along with ${leaking === first ? other.place.name : first.place.name}, ${to}`;
      // Setup writes an empty ANTHROPIC_API_KEY, which keeps the shell's out.
      const removal = removeFrom(leaking.place);
      const remedy =
        isAboveUser(leaking.place) || facts.tool !== "claude-code"
          ? removal
          : { ...removal, text: `${removal.text}, or set it to "" in the settings' env block` };
      return {
        code: vendor === undefined ? "credential-twice" : "credential-leak",
        severity: destination === "hosted" && vendor !== undefined ? "error" : "warning",
        place: leaking.place,
        wrong: maskSecret(leaking.text.trim()),
        right: "",
        cause,
        fix: mend(judging, leaking.place, remedy),
      };
    });
}

/** Of credentials, what may be shown. */
export function maskedCredential(text: string): string {
  return credentialKind(text) === "unknown" ? (text === "" ? "" : "...") : maskSecret(text.trim());
}
