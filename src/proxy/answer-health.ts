import { createHmac } from "node:crypto";
import { pid } from "node:process";
import { ZenthrexError } from "../base/errors.ts";
import { answer, answerJson } from "./answer.ts";
import type { Exchange } from "./exchange.ts";

const nonceForm = /^[A-Za-z0-9_-]{16,128}$/;

/**
 * What a daemon answers to prove that it knows the token, without showing it. Its port is signed too: whoever squats on another port
 * can't pass the question on to the daemon and the answer off as its own. Shape: hexadecimal HMAC-SHA256.
 */
export function identityProof(localToken: string, nonce: string, port: number): string {
  return createHmac("sha256", localToken).update(`${nonce}:${port}`).digest("hex");
}

/**
 * Says that it serves, and nothing else, to anybody; proves to whoever asks with a nonce that it is the daemon of the token;
 * tells who it is to whoever has the token. Throws: ZX_GATE_REQUEST for a nonce of another form.
 */
export function answerHealth(exchange: Exchange): void {
  const { options, startedAtMs, port } = exchange.proxy;
  const nonce = new URLSearchParams(exchange.match.query).get("nonce");
  if (nonce !== null && !nonceForm.test(nonce)) {
    throw new ZenthrexError("ZX_GATE_REQUEST", "the nonce is not 16 to 128 characters of A-Z, a-z, 0-9, _ and -");
  }
  const proof = nonce === null ? {} : { proof: identityProof(options.localToken(), nonce, port) };
  const details =
    exchange.credential?.kind === "daemon"
      ? {
          version: options.version,
          port,
          upstream: options.upstream.origin,
          pid,
          uptimeMs: options.clock.now() - startedAtMs,
        }
      : {};
  const told = { ...proof, ...details };
  if (Object.keys(told).length === 0) answer(exchange, 200, []);
  else answerJson(exchange, 200, told, ["cache-control", "no-store"]);
}
