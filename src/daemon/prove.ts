import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { get } from "node:http";

/** Who answers on a port: a daemon that knows our local token, something else, or nothing at all. */
export type PortIdentity = "ours" | "stranger" | "nothing";

/** An answer of whatever listens there. `refused` when nothing does. */
export type HealthAnswer = { readonly status: number; readonly body: string } | "refused" | "no answer";

/** Asks a path of a local port. */
export type AskPort = (port: number, path: string) => Promise<HealthAnswer>;

/** A daemon answers in 1 ms; a stranger may never. */
const TIMEOUT_MS = 2000;
const MAX_BODY_BYTES = 1024;

/**
 * Finds out whether a port is held by a daemon that knows the local token, without telling the token to whoever it is:
 * a fresh nonce goes out, its HMAC-SHA256 must come back.
 */
export async function proveDaemon(port: number, token: string, ask: AskPort = askPort): Promise<PortIdentity> {
  const nonce = randomBytes(16).toString("hex");
  const answer = await ask(port, `/healthz?nonce=${nonce}`);
  if (answer === "refused") return "nothing";
  if (answer === "no answer" || answer.status !== 200) return "stranger";
  return isProof(answer.body, token, nonce) ? "ours" : "stranger";
}

/** What a daemon answers to `/healthz?nonce=`: the HMAC of the nonce under its local token. Shape: 64 hex digits. */
export function healthProof(token: string, nonce: string): string {
  return createHmac("sha256", token).update(nonce).digest("hex");
}

function isProof(body: string, token: string, nonce: string): boolean {
  const given = Buffer.from(body.trim());
  const wanted = Buffer.from(healthProof(token, nonce));
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function askPort(port: number, path: string): Promise<HealthAnswer> {
  return new Promise((resolve) => {
    const call = get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
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
