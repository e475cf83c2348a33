import { main } from "../../src/cli/main.ts";
import { type FakeContext, type FakeContextOptions, fakeContext } from "./fake-context.ts";

/** What a command line did. */
export interface MainResult {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
  readonly context: FakeContext;
}

/** Runs a command line in this process, in a context of its own. */
export async function runMain(argv: readonly string[], options: FakeContextOptions): Promise<MainResult> {
  const context = fakeContext(options);
  const exitCode = await main(argv, context);
  return { exitCode, out: context.out(), err: context.err(), context };
}
