import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { get } from "node:http";

/** Who answers on a port: a daemon that knows our local token, something else, or nothing at all. */
export type PortIdentity = "ours" | "stranger" | "nothing";

/** An answer of whatever listens there. `refused` when nothing does. */
export type HealthAnswer = { readonly status: number; readonly body: string } | "refused" | "no answer";

/** Asks a path of a local port, with the local token or without. */
export type AskPort = (port: number, path: string, token?: string) => Promise<HealthAnswer>;

/** A daemon answers in 1 ms; a stranger may never. */
const TIMEOUT_MS = 2000;
const MAX_BODY_BYTES = 1024;

/**
 * Finds out whether a port is held by a daemon that knows the local token, without telling the token to whoever it is:
 * a fresh nonce goes out, its HMAC-SHA256 must come back, made for this port and no other.
 */
export async function proveDaemon(port: number, token: string, ask: AskPort = askPort): Promise<PortIdentity> {
  const nonce = randomBytes(16).toString("hex");
  const answer = await ask(port, `/healthz?nonce=${nonce}`);
  if (answer === "refused") return "nothing";
  if (answer === "no answer" || answer.status !== 200) return "stranger";
  return isProof(answer.body, token, nonce, port) ? "ours" : "stranger";
}

/**
 * The same for whoever is about to call it a stranger: asked twice, because on a machine with fifty daemons starting at once ours may
 * need longer than a moment for its first answer.
 */
export async function proveDaemonPatiently(port: number, token: string, ask: AskPort = askPort): Promise<PortIdentity> {
  const identity = await proveDaemon(port, token, ask);
  return identity === "stranger" ? proveDaemon(port, token, ask) : identity;
}

/**
 * The proof that a daemon gives for a nonce: an HMAC of nonce and port under the local token, so that nobody on another port can pass
 * one on. Shape: 64 hex digits.
 */
export function healthProof(token: string, nonce: string, port: number): string {
  return createHmac("sha256", token).update(`${nonce}:${port}`).digest("hex");
}

/** A daemon answers `{"proof":"<64 hex digits>"}`. */
function isProof(body: string, token: string, nonce: string, port: number): boolean {
  const given = Buffer.from(/^\{"proof":"([0-9a-f]{64})"\}$/.exec(body.trim())?.[1] ?? "");
  const wanted = Buffer.from(healthProof(token, nonce, port));
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** True for a daemon of zenthrex whose token isn't known here: another user's, or one from before the token was made anew. */
export async function isSomeDaemon(port: number, ask: AskPort = askPort): Promise<boolean> {
  const answer = await ask(port, `/healthz?nonce=${randomBytes(16).toString("hex")}`);
  return typeof answer !== "string" && answer.status === 200 && /^\{"proof":"[0-9a-f]{64}"\}$/.test(answer.body.trim());
}

/** What a daemon of ours tells whoever has its token. */
export interface DaemonFacts {
  readonly version: string;
  readonly upstream: string;
  readonly pid: number;
  readonly uptimeMs: number;
}

/** Asks a proven daemon what it is; never ask a port that wasn't proven: it gets the token. Undefined when it doesn't tell. */
export async function describeDaemon(
  port: number,
  token: string,
  ask: AskPort = askPort,
): Promise<DaemonFacts | undefined> {
  const answer = await ask(port, "/healthz", token);
  if (typeof answer === "string" || answer.status !== 200) return undefined;
  try {
    const facts = JSON.parse(answer.body) as Record<string, unknown>;
    const { version, upstream, pid, uptimeMs } = facts;
    const isWhole =
      [typeof version, typeof upstream, typeof pid, typeof uptimeMs].join() === "string,string,number,number";
    return isWhole ? ({ version, upstream, pid, uptimeMs } as DaemonFacts) : undefined;
  } catch {
    return undefined;
  }
}

function askPort(port: number, path: string, token?: string): Promise<HealthAnswer> {
  const headers = token === undefined ? {} : { "x-api-key": token };
  return new Promise((resolve) => {
    const call = get({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("latin1");
      response.on("data", (part: string) => {
        body += part;
        if (body.length > MAX_BODY_BYTES) call.destroy();
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.on("close", () => resolve("no answer"));
    });
    call.setTimeout(TIMEOUT_MS, () => call.destroy());
    // A stranger that sends one byte now and then must not hold us: this bounds the whole exchange.
    const timer = setTimeout(() => call.destroy(), 2 * TIMEOUT_MS);
    call.once("close", () => {
      clearTimeout(timer);
      resolve("no answer");
    });
    call.on("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code === "ECONNREFUSED" ? "refused" : "no answer"),
    );
  });
}
