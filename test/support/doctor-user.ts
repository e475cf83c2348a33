import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { main } from "../../src/cli/main.ts";
import { fakeContext } from "./fake-context.ts";
import { runMain } from "./run-main.ts";
import { startTestSandbox } from "./start-test-sandbox.ts";
import { temporaryHome } from "./temporary-home.ts";

/** A key that the sandbox takes. */
export const key = "zk_sandbox_doctor_0123456789";

/** A user with a running daemon before a sandbox that stands in for the hosted API. */
export interface User {
  readonly home: string;
  readonly port: number;
  readonly daemon: string;
  readonly hosted: string;
  readonly token: string;
  zenthrex(
    argv: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<{ exitCode: number; out: string; err: string }>;
  write(name: string, content: string | object): void;
}

/** Starts such a user; all of it is gone after the test. */
export async function user(): Promise<User> {
  const sandbox = await startTestSandbox();
  const home = temporaryHome();
  mkdirSync(join(home, "project"));
  const zenthrex: User["zenthrex"] = (argv, env = {}) =>
    runMain(argv, { home, env, cwd: join(home, "project"), stdinText: `${key}\n`, programs: { git } });
  await zenthrex(["config", "set", "upstream", sandbox.url]);
  await zenthrex(["login", "--key-stdin", "--no-verify"]);
  const context = fakeContext({ home });
  const ended = main(["serve", "--port", "0", "--json"], context);
  onTestFinished(async () => {
    context.signal();
    await ended;
  });
  const [line] = await context.until(/^\{"type":"ready".*$/m);
  const { port } = JSON.parse(line) as { port: number };
  await zenthrex(["config", "set", "port", String(port)]);
  const token = (await zenthrex(["key", "token"])).out.trim();
  return {
    home,
    port,
    daemon: `http://127.0.0.1:${port}`,
    hosted: sandbox.url,
    token,
    zenthrex,
    write(name, content) {
      mkdirSync(dirname(join(home, name)), { recursive: true });
      writeFileSync(
        join(home, name),
        typeof content === "string" ? content : `${JSON.stringify(content, undefined, 2)}\n`,
      );
    },
  };
}

/** The one program that the doctor asks here, for real. */
export function git(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync("git", args, { encoding: "utf8" });
  return { exitCode: status ?? 127, stdout, stderr };
}

/** What `doctor --json` prints, as far as tests look at it. */
export interface Report {
  readonly verdict: { code: string; cause: string; fix: string | null; exit_code: number };
  readonly others: readonly object[];
  readonly probes: readonly { code: string; status: string; finding: string; evidence: string[] }[];
}

/** Runs the doctor for such a user: no secret may be in what it prints. */
export async function diagnose(who: User, env: Readonly<Record<string, string>> = {}, tool?: string): Promise<Report> {
  const done = await who.zenthrex(["doctor", ...(tool === undefined ? [] : [tool]), "--json"], env);
  expect(done.out + done.err).not.toContain(key);
  expect(done.out + done.err).not.toContain(who.token);
  return JSON.parse(done.out) as Report;
}

/** Prepares a user's machine; what it returns are the shell's variables. */
export type Prepare = (
  who: User,
) => Promise<Record<string, string> | undefined> | Promise<void> | Record<string, string> | void;

/** A preparation that runs `zenthrex setup`. */
export const setUp =
  (...argvs: readonly (readonly string[])[]): Prepare =>
  async (who) => {
    for (const argv of argvs) {
      const done = await who.zenthrex(["setup", ...argv]);
      expect(done.exitCode, done.err).toBe(0);
    }
  };
