import { showBase, showPlace } from "../show-place.ts";
import type { ConfiguredEndpoint, Found, Place, Problem } from "../types.ts";
import { pathFlaw, portOf, requestUrl, rightBase } from "./address.ts";
import { baseProblem, rightBaseOf } from "./base-problem.ts";
import { credentialKind } from "./credential-kind.ts";
import { daemonOrigin, type Judging, mend, type Repair, removeFrom, setTo, tokenInto } from "./judging.ts";
import { loopbackFlaw } from "./loopback-flaw.ts";

// Default ports of model servers on this machine: one that is stopped is nobody's leftover. Source: their documentation.
const MODEL_SERVERS = new Set(["11434", "1234", "8000", "8080", "4000"]);

/** What is wrong with the address of an endpoint that is ours: the first thing, and what to write instead. */
export async function judgeBase(judging: Judging): Promise<Problem[]> {
  const { base } = judging.endpoint;
  if (base === undefined || base.text === "") return unset(judging, base);
  const written = writingFlaw(judging, base);
  if (written !== undefined) return [written];
  const led = (await leadingFlaw(judging, base)) ?? routeFlaw(judging, base);
  if (led !== undefined) return [led];
  const path = pathProblem(judging, base) ?? userProblem(judging, base);
  return path === undefined ? [] : [path];
}

/** For an endpoint that is none of ours: only an address of this machine where nobody answers is worth a word. */
export async function judgeForeignBase(judging: Judging): Promise<Problem[]> {
  const { endpoint, address, context, facts } = judging;
  const { base } = endpoint;
  const port = address.url?.port ?? "";
  if (!endpoint.isActive || base === undefined || address.destination !== "loopback" || MODEL_SERVERS.has(port))
    return [];
  if ((await context.identifyPort(portOf(address.url))) !== "nothing") return [];
  const right = rightBase(daemonOrigin(context), endpoint.join);
  return [
    {
      code: "base-dead-port",
      severity: "warning",
      place: base.place,
      wrong: showBase(base.text),
      right,
      cause: `${showPlace(base.place)} leads to ${showBase(base.text)}, where nothing listens: ${facts.title} is refused at every request`,
      fix: mend({ ...judging, destination: "loopback" }, base.place, {
        ...removeFrom(base.place),
        text: `Remove ${base.place.name} if its program is gone`,
      }),
    },
  ];
}

function unset(judging: Judging, base: Found | undefined): Problem[] {
  const { endpoint, context, facts } = judging;
  const credential = endpoint.credentials.find(({ text }) => credentialKind(text) !== "unknown");
  if (facts.hasUnreadable || credential === undefined) return [];
  const isKey = credentialKind(credential.text) === "hosted-key";
  const right = rightBase(isKey ? context.upstreamOrigin : daemonOrigin(context), endpoint.join);
  const place = base?.place ?? endpoint.basePlace ?? besideOf(endpoint, credential.place);
  return [
    {
      code: "base-unset",
      severity: "error",
      place,
      wrong: base === undefined ? "not set" : "empty",
      right,
      cause: `${facts.title} has ${isKey ? "a key of the hosted API" : "a local token"} and no base URL: it goes to ${endpoint.defaultBase}, which refuses it`,
      fix: mend(
        { ...judging, destination: isKey ? "hosted" : "daemon" },
        base?.place ?? endpoint.basePlace ?? credential.place,
        setTo(place, right),
      ),
    },
  ];
}

/** Where a base would stand: no edit can go by the credential's own key. */
function besideOf(endpoint: ConfiguredEndpoint, { keys: _, syntax: _syntax, ...place }: Place): Place {
  return { ...place, name: baseVariable(endpoint, place.name) };
}

/** Libraries name both variables alike: OPENAI_API_KEY, OPENAI_BASE_URL. */
function baseVariable({ join }: ConfiguredEndpoint, credentialName: string): string {
  const prefix = /^([A-Z]+(?:_[A-Z]+)*?)_(?:API_KEY|AUTH_TOKEN|BEARER_TOKEN)$/.exec(credentialName)?.[1];
  if (prefix !== undefined) return `${prefix}_BASE_URL`;
  return join.format === "anthropic" ? "ANTHROPIC_BASE_URL" : "the base URL";
}

function writingFlaw(judging: Judging, base: Found): Problem | undefined {
  const { address, facts } = judging;
  const where = showPlace(base.place);
  const sentences = {
    "base-quoted": `${where} has quotes in its value: ${facts.title} can't read it as a URL`,
    "base-no-scheme": `${where} has no scheme (http:// or https://): ${facts.title} can't read it as a URL`,
    "base-not-a-url": `${where} is no URL, for a space, an invisible character or a foreign scheme in it`,
  };
  return address.flaw === undefined ? undefined : baseProblem(judging, base, address.flaw, sentences[address.flaw]);
}

async function leadingFlaw(judging: Judging, base: Found): Promise<Problem | undefined> {
  const { address, destination, context, facts, endpoint } = judging;
  const { url } = address;
  if (url === undefined) return undefined;
  const shown = showBase(base.text);
  switch (destination) {
    case "vendor":
      return baseProblem(
        judging,
        base,
        "base-other-vendor",
        `${showPlace(base.place)} leads to ${url.host}, which doesn't know the key of the hosted API`,
        "error",
        rightBase(
          endpoint.credentials.some(({ text }) => credentialKind(text) === "hosted-key")
            ? context.upstreamOrigin
            : daemonOrigin(context),
          endpoint.join,
        ),
      );
    case "near-hosted":
      return baseProblem(
        judging,
        base,
        "base-near-host",
        `${url.hostname} is not the host of the hosted API, it only looks like it`,
      );
    case "elsewhere":
      return elsewhere(judging, base, url);
    case "hosted":
      if (url.protocol === "http:" && new URL(rightBaseOf(judging)).protocol === "https:") {
        return baseProblem(
          judging,
          base,
          "base-http-to-hosted",
          `${shown} is plain http: the hosted API answers with a redirect, and a POST is lost there`,
        );
      }
      return url.protocol === "https:" && new URL(rightBaseOf(judging)).protocol === "http:"
        ? baseProblem(
            judging,
            base,
            "base-https-on-local",
            `${shown} asks for TLS, and what listens there speaks plain http`,
          )
        : undefined;
    case "daemon":
    case "loopback":
      return loopbackFlaw(judging, base, url);
    case "unusable":
      return baseProblem(judging, base, "base-not-a-url", `${base.place.name} is no URL: ${facts.title} can't use it`);
  }
}

/** A daemon on another machine is legal with its own token; the real key at a stranger's is not. */
function elsewhere(judging: Judging, base: Found, url: URL): Problem | undefined {
  const sendsKey = judging.endpoint.credentials.some(({ text }) => credentialKind(text) === "hosted-key");
  if (!sendsKey) return undefined;
  const { context, endpoint } = judging;
  const right = rightBase(context.upstreamOrigin, endpoint.join);
  const cause = `${showPlace(base.place)} sends the key of the hosted API to ${url.host}, which is not the hosted API`;
  return baseProblem(judging, base, "base-elsewhere", cause, "error", right);
}

function routeFlaw(judging: Judging, base: Found): Problem | undefined {
  const { endpoint, destination, facts, context } = judging;
  if (endpoint.join.format !== "openai-responses" || destination !== "hosted") return undefined;
  const right = rightBase(daemonOrigin(context), endpoint.join);
  return {
    code: "route-not-hosted",
    severity: "error",
    place: base.place,
    wrong: showBase(base.text),
    right,
    cause: `${facts.title} speaks OpenAI Responses, which the hosted API doesn't have: only the daemon translates it`,
    fix: mend({ facts, endpoint, destination: "daemon" }, base.place, toDaemon(judging, base, right)),
  };
}

/** An entry of the user's own, turned to the daemon: that takes a key of the hosted API as well as the token; without either it gets the token. */
function toDaemon({ endpoint, context }: Judging, base: Found, right: string): Repair {
  const repair = setTo(base.place, right);
  const isWelcome = endpoint.credentials.some(
    ({ text }) => text === context.localToken || credentialKind(text) === "hosted-key",
  );
  const token = isWelcome ? undefined : tokenInto(endpoint.apart, context.localToken)?.edit;
  if (repair.edit === undefined || token === undefined || token.file !== repair.edit.file) return repair;
  const also = [{ keys: token.keys, fill: "local-token" as const }, ...(token.also ?? [])];
  return { text: `${repair.text}, with the local token`, edit: { ...repair.edit, also } };
}

/** Node's fetch throws at a user in a URL; Bun's, Rust's and Python's take it. Source: measured with the SDKs on Node 20, and Claude Code. */
function userProblem(judging: Judging, base: Found): Problem | undefined {
  const { address, facts } = judging;
  if (!facts.tool.endsWith("-sdk") || address.url === undefined || address.url.username === "") return undefined;
  const cause = `${showPlace(base.place)} has a user or password in it (${showBase(base.text)}): Node.js refuses such a URL, which the SDK calls a connection error`;
  return baseProblem(judging, base, "base-user", cause, "warning");
}

function pathProblem(judging: Judging, base: Found): Problem | undefined {
  const { address, endpoint, destination, facts } = judging;
  const code = address.url === undefined ? undefined : pathFlaw(address.url, endpoint.join);
  if (code === undefined) return undefined;
  const asked = requestUrl(base.text, endpoint.join);
  const path = showBase(URL.canParse(asked) ? new URL(asked).pathname : asked);
  const right = rightBaseOf(judging);
  const sentences: Record<typeof code, string> = {
    "base-extra-v1": "it must not end in /v1",
    "base-missing-v1": "it must end in /v1",
    "base-doubled-v1": "it has /v1 twice",
    "base-endpoint-pasted": "it is the URL of a route, not a base",
    "base-wrong-path": "its path leads nowhere",
    "base-tail": "a query or fragment (? or #) swallows what is put behind it",
  };
  const isLucky = path === new URL(requestUrl(right, endpoint.join)).pathname;
  const isHarmless = isLucky || destination === "daemon";
  const does = isLucky
    ? "which is right by luck"
    : isHarmless
      ? "the daemon repairs that, the hosted API would answer 404"
      : "that is a 404";
  const blames = facts.tool === "claude-code" && !isHarmless ? ", which Claude Code blames on the model" : "";
  const cause = `${showPlace(base.place)} is ${showBase(base.text)}: ${sentences[code]}. ${facts.title} asks for ${path}; ${does}${blames}`;
  return baseProblem(judging, base, code, cause, isHarmless ? "warning" : "error");
}
