import type { LookupFunction } from "node:net";

/** An answer of a name server: addresses of this machine, or the code of an error. */
export type LookupAnswer = readonly string[] | { readonly errorCode: string };

/** Resolves names as told, one answer a question; the last answer stays. `asked` collects the questions. */
export function scriptedLookup(...answers: LookupAnswer[]): LookupFunction & { asked: string[] } {
  const asked: string[] = [];
  const lookup: LookupFunction = (hostname, options, callback) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)] ?? ["127.0.0.1"];
    asked.push(hostname);
    setImmediate(() => {
      if ("errorCode" in answer) {
        const details = { code: answer.errorCode, syscall: "getaddrinfo", hostname };
        callback(Object.assign(new Error(`getaddrinfo ${answer.errorCode} ${hostname}`), details), "", 0);
        return;
      }
      const addresses = answer.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
      if (options.all) callback(null, addresses);
      else callback(null, addresses[0]?.address ?? "", addresses[0]?.family ?? 4);
    });
  };
  return Object.assign(lookup, { asked });
}
