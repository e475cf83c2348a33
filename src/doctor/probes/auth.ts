import { kinshipOf } from "../../catalog/host-kinship.ts";
import { classifyAnswer, describeAnswer, isKeyTaken } from "../classify-answer.ts";
import { freeChat, freeMessages, walletOf, walletOfDaemon } from "../free-requests.ts";
import { keySource, shownKey } from "../shown-key.ts";
import type { KeyState, Probe, ProbeAnswer, ProbeContext, ProbeRequest, ProbeResult } from "../types.ts";
import { unsetUpstream } from "../unset-upstream.ts";

const auth: Probe = {
  code: "auth",
  title: "Key accepted",
  dependsOn: ["key", "api"],
  async run(context) {
    const { key } = context;
    if (key.kind === "none") return throughDaemon(context);
    const asked = await askAll(context);
    const answers = Object.values(asked);
    const curl = [asked.wallet.request, asked.messages.request, asked.chat.request];
    const refused = answers.filter(({ answer }) => classifyAnswer(answer) === "unauthorized");
    const forbidden = answers.find(({ answer }) => classifyAnswer(answer) === "forbidden");
    if (refused.length > 0) return { ...(await refusedBy(context, key, asked)), curl };
    if (forbidden !== undefined) {
      return {
        status: "fail",
        cause: "key-forbidden",
        finding: `the hosted API takes the key but forbids ${pathOf(forbidden.request)} (${describeAnswer(forbidden.answer)})`,
        fix: { command: "zenthrex whoami" },
        curl,
      };
    }
    if (!answers.some(({ answer }) => isKeyTaken(classifyAnswer(answer)))) {
      return { status: "skip", finding: "nobody could be asked about the key", curl };
    }
    return { status: "pass", finding: shownKey(key, context.paths.file), curl };
  },
};

export default auth;

interface Asked {
  readonly request: ProbeRequest;
  readonly answer: ProbeAnswer;
}

async function ask(context: ProbeContext, request: ProbeRequest): Promise<Asked> {
  return { request, answer: await context.request(request) };
}

/** Each route with the header that is documented for it. */
async function askAll(context: ProbeContext) {
  const { origin } = context.target;
  const [wallet, messages, chat] = await Promise.all([
    ask(context, walletOf(origin)),
    ask(context, freeMessages(`${origin}/v1/messages`)),
    ask(context, freeChat(`${origin}/v1/chat/completions`)),
  ]);
  return { wallet, messages, chat };
}

type PresentKey = Extract<KeyState, { kind: "present" }>;

/** A key that one header carries and the other doesn't is a matter of the header; one that none carries is a bad key. */
async function refusedBy(
  context: ProbeContext,
  key: PresentKey,
  asked: Readonly<Record<"wallet" | "messages" | "chat", Asked>>,
): Promise<ProbeResult> {
  const swapped = await Promise.all(
    Object.values(asked).map(({ request }) =>
      ask(context, { ...request, credential: request.credential === "x-api-key" ? "authorization" : "x-api-key" }),
    ),
  );
  const evidence = [...Object.values(asked), ...swapped].map(
    ({ request, answer }) =>
      `${request.method} ${pathOf(request)} with ${request.credential}: ${describeAnswer(answer)}`,
  );
  const taken = [...Object.values(asked), ...swapped].filter(({ answer }) => isKeyTaken(classifyAnswer(answer)));
  if (taken.length > 0) return headerMatters(asked, taken, evidence);
  const shadowed = await shadowedWorks(context, key);
  const source = keySource(key, context.paths.file);
  if (shadowed) {
    return {
      status: "fail",
      cause: "key-shadowed",
      finding: `the key in ZENTHREX_KEY is refused (401), and hides the stored one of ${context.paths.file}, which works`,
      evidence,
      fix: { command: "unset ZENTHREX_KEY" },
    };
  }
  const answers = Object.values(asked).map(({ answer }) => answer);
  const product = answers.map(foreignProduct).find((name) => name !== undefined);
  const { origin } = context.target;
  const isHosted = kinshipOf(new URL(origin).hostname).kind === "hosted";
  if (product !== undefined && !isHosted) {
    return {
      status: "fail",
      cause: "not-the-api",
      finding: `${origin} is another gateway (${product}) and refuses the key (${describeAnswer(asked.messages.answer)}): it is not the hosted API`,
      evidence,
      fix: unsetUpstream(context),
    };
  }
  const who = isHosted ? "the hosted API" : `the hosted API (${origin})`;
  return {
    status: "fail",
    cause: "key-rejected",
    finding: `${who} refuses the key of ${source} on every route and in either header (401): it was revoked, mistyped or belongs elsewhere`,
    evidence,
    fix:
      key.from === "environment"
        ? { command: "unset ZENTHREX_KEY && zenthrex login" }
        : key.from === "tool"
          ? { command: "zenthrex login && zenthrex setup --all" }
          : { command: "zenthrex login", action: { kind: "zenthrex", argv: ["login"] } },
  };
}

/** Products that hand out keys of their own, by what they put into an answer. Source: their documentation of response headers. */
const PRODUCTS: readonly (readonly [name: string, header: RegExp, text: RegExp])[] = [
  ["LiteLLM", /^x-litellm-/i, /litellm/i],
  ["Portkey", /^x-portkey-/i, /portkey/i],
  ["OpenRouter", /^x-openrouter-/i, /openrouter/i],
  ["one-api or new-api", /^x-(oneapi|new-?api)-/i, /(one|new)[-_]api/i],
  ["Helicone", /^helicone-/i, /helicone/i],
  ["Cloudflare AI Gateway", /^cf-aig-/i, /ai gateway/i],
];

function foreignProduct(answer: ProbeAnswer): string | undefined {
  if (answer.kind === "failed") return undefined;
  const names = answer.headers.filter((_, index) => index % 2 === 0);
  const text = answer.body.slice(0, 2000);
  return PRODUCTS.find(([, header, said]) => names.some((name) => header.test(name)) || said.test(text))?.[0];
}

function headerMatters(
  asked: Readonly<Record<string, Asked>>,
  taken: readonly Asked[],
  evidence: readonly string[],
): ProbeResult {
  const refused = Object.values(asked).find(({ answer }) => classifyAnswer(answer) === "unauthorized");
  const other = taken.find(({ request }) => request.url === refused?.request.url) ?? taken[0];
  const wrong = refused?.request.credential ?? "authorization";
  const right = other?.request.credential ?? "x-api-key";
  const path = refused === undefined ? "" : pathOf(refused.request);
  return {
    status: "fail",
    cause: "auth-header",
    finding: `the key is good, but ${path} refuses it in ${wrong} (401) and ${other === undefined ? "" : pathOf(other.request)} takes it in ${right}: the header is wrong`,
    evidence,
    fix: { command: right === "x-api-key" ? "zenthrex env --direct" : "zenthrex setup claude-code" },
  };
}

async function shadowedWorks(context: ProbeContext, key: PresentKey): Promise<boolean> {
  if (key.shadowed === undefined) return false;
  const answer = await context.request(walletOf(context.target.origin, { secret: { own: key.shadowed } }));
  return answer.kind === "answer" && answer.sent === "own" && classifyAnswer(answer) === "reached";
}

/** Without a key of our own the daemon can still be asked with the local token. */
async function throughDaemon(context: ProbeContext): Promise<ProbeResult> {
  const daemon = await context.daemon();
  if (daemon.identity !== "ours") return { status: "skip", finding: "there is no key to try" };
  const request = walletOfDaemon(daemon.port);
  const answer = await context.request(request);
  const kind = classifyAnswer(answer);
  if (kind === "reached") return { status: "pass", finding: "the daemon's key is accepted" };
  if (kind !== "unauthorized") return { status: "skip", finding: `the daemon can't say: ${describeAnswer(answer)}` };
  return {
    status: "fail",
    cause: "key-rejected",
    finding: `the hosted API refuses the key that the daemon was started with (${describeAnswer(answer)})`,
    fix: { command: "zenthrex login && zenthrex restart" },
    curl: [request],
  };
}

function pathOf({ url }: ProbeRequest): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}
