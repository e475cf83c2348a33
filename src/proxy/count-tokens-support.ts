/** Whether the upstream answers `count_tokens`: found out by the first request, remembered for a while. */
export interface CountTokensSupport {
  /**
   * Asks whether to go upstream. The first to ask goes and reports; who asks meanwhile waits for that: a tool that wants 36 counts
   * at once must not cause 36 refusals.
   */
  mayForward(): Promise<boolean>;
  /** What the upstream showed; "unsure" where the call came to nothing. */
  report(outcome: "supported" | "unsupported" | "unsure"): void;
}

const rememberedMs = 600_000;

/** Makes the memory. `now` in milliseconds. */
export function createCountTokensSupport(now: () => number): CountTokensSupport {
  let found: { readonly supported: boolean; readonly untilMs: number } | undefined;
  let probe: { readonly done: Promise<void>; readonly finish: () => void } | undefined;

  const current = (): boolean | undefined => {
    const leftMs = (found?.untilMs ?? 0) - now();
    // A clock that was set back must not make it good for longer.
    return leftMs > 0 && leftMs <= rememberedMs ? found?.supported : undefined;
  };
  return {
    async mayForward() {
      const known = current();
      if (known !== undefined) return known;
      if (probe !== undefined) {
        await probe.done;
        // Where the first one came to nothing, the others try for themselves, all at once.
        return current() ?? true;
      }
      let finish: () => void = () => undefined;
      const done = new Promise<void>((resolve) => {
        finish = resolve;
      });
      probe = { done, finish };
      return true;
    },
    report(outcome) {
      if (outcome !== "unsure") found = { supported: outcome === "supported", untilMs: now() + rememberedMs };
      probe?.finish();
      probe = undefined;
    },
  };
}
