// Tools are configured by `zenthrex setup` alone, in an empty home, and given back to the byte.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "./checks.mjs";
import { zenthrex } from "./daemon.mjs";

/**
 * `configure` and `undo` for an agent that `zenthrex setup <tool>` sets up.
 * Shape: `file` is its settings file below the home; `existing`: what a user may have written there; `beside`: what else setup makes.
 */
export function setUpBy(tool, { file, existing, beside = [] }) {
  const setup = (home, ...args) => zenthrex(["setup", tool, ...args], { home });
  return {
    async configure({ home, port, token, check }) {
      const isReady = await check(
        `zenthrex setup ${tool} configures it, in an empty home, and proves the way`,
        async () => {
          const path = join(home, file);
          expect(!existsSync(path), `there is a ${file} already`);
          const result = await setup(home, "--yes", "--port", String(port));
          expect(result.exitCode === 0, `zenthrex setup ${tool} ended with`, { ...result });
          expect(result.stdout.includes("Verified: the hosted API refused a broken request"), "no proof", result);
          expect(readFileSync(path, "utf8").includes(token), "the token isn't in it");
          for (const other of beside) expect(existsSync(join(home, other)), `there is no ${other}`);
          expect((statSync(path).mode & 0o077) === 0, "others can read it");
          return file;
        },
      );
      if (!isReady) throw new Error("without its settings there is nothing to ask");
    },
    async undo({ home, port, check }) {
      const path = join(home, file);
      await check(`setup ${tool} --undo takes our settings away, also after the tool has run`, async () => {
        const result = await setup(home, "--undo", "--yes");
        expect(result.exitCode === 0, "it ended with", { ...result });
        const left = existsSync(path) ? readFileSync(path, "utf8") : "";
        expect(!/zxl_|127\.0\.0\.1|zenthrex/i.test(left), "this is left of them", left);
        for (const other of beside) expect(!existsSync(join(home, other)), `${other} is left`);
        return existsSync(path) ? `left by the tool: ${left.length} bytes` : "the file is gone";
      });
      await check(`a ${file} of the user's is byte for byte what it was after setup and undo`, async () => {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, existing);
        const done = await setup(home, "--yes", "--port", String(port));
        expect(done.exitCode === 0 && readFileSync(path, "utf8") !== existing, "setup ended with", { ...done });
        const undone = await setup(home, "--undo", "--yes");
        expect(undone.exitCode === 0, "the undo ended with", { ...undone });
        expect(readFileSync(path, "utf8") === existing, "it is", readFileSync(path, "utf8"));
      });
    },
  };
}
