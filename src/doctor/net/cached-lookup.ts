import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";

type Answer = readonly [
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family: number | undefined,
];

/**
 * Looks each name up once a run: the system's lookups hold one of Node's four threads each, so that a name server that is silent would
 * otherwise hold up every file that is read, and the end of the process, as often as it is asked.
 */
export function cachedLookup(lookup: LookupFunction): LookupFunction {
  const answers = new Map<string, Promise<Answer>>();
  return (hostname, options, callback) => {
    const key = `${hostname} ${options.all === true} ${options.family ?? 0}`;
    const known =
      answers.get(key) ??
      new Promise<Answer>((resolve) => {
        lookup(hostname, options, (error, address, family) => resolve([error, address, family]));
      });
    answers.set(key, known);
    void known.then(([error, address, family]) => callback(error, address, family));
  };
}
