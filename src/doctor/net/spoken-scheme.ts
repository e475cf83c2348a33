import { describeAnswer, isPage } from "../classify-answer.ts";
import { modelList } from "../free-requests.ts";
import type { ProbeAnswer, ProbeContext } from "../types.ts";

type Asking = Pick<ProbeContext, "way" | "request">;
type Answered = Extract<ProbeAnswer, { kind: "answer" }>;

/** An answer in plain http of a port that TLS was tried on; undefined where there is none. No credential is sent. */
export async function plainAnswer(origin: string, { request }: Asking): Promise<Answered | undefined> {
  const { host, hostname, port } = new URL(origin);
  const authority = port === "" ? `${hostname}:443` : host;
  const answer = await request({ ...modelList(`http://${authority}/v1/models`), timeoutMs: 4000 });
  return answer.kind === "answer" ? answer : undefined;
}

/** True where TLS is spoken on a port that was asked in plain http, be its certificate trusted or not. */
export async function speaksTls(origin: string, { way }: Asking): Promise<boolean> {
  const { host, hostname, port } = new URL(origin);
  const { tls } = await way(`https://${port === "" ? `${hostname}:80` : host}`);
  return tls.state === "ok" || (tls.state === "failed" && tls.seen?.validTo !== undefined);
}

/** True where a server says itself that it wants TLS. Source: the error texts of nginx, Go's net/http and Apache httpd. */
export function wantsTls(answer: ProbeAnswer): boolean {
  return (
    answer.kind === "answer" &&
    answer.status === 400 &&
    /plain HTTP request was sent to HTTPS|HTTP request to an HTTPS server|speaking plain HTTP to an SSL/i.test(
      answer.body,
    )
  );
}

/** What a plain answer says, and whether it is one of a login page rather than an API's. */
export function describePlain(answer: Answered): { readonly said: string; readonly isLogin: boolean } {
  const isRedirect = answer.status >= 300 && answer.status < 400;
  return { said: describeAnswer(answer), isLogin: isRedirect || isPage(answer) || answer.status === 511 };
}
