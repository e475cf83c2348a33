import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { selfCommandForPeople } from "../../../src/cli/self-command.ts";
import { curlExamples } from "../../../src/cli/serve/curl-examples.ts";
import { fakeContext } from "../../support/fake-context.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

/** A program that prints its arguments, under a name that needs quoting, and a curl that prints its own. */
function oddMachine() {
  const home = temporaryHome();
  const folder = join(home, 'it\'s a "odd" $HOME folder');
  const bin = join(home, "bin");
  mkdirSync(folder);
  mkdirSync(bin);
  const program = join(folder, "node");
  writeFileSync(program, '#!/bin/sh\nprintf "token-of %s %s" "$2" "$3"\n');
  writeFileSync(join(bin, "curl"), '#!/bin/sh\nfor word in "$@"; do printf "<%s>\\n" "$word"; done\n');
  for (const path of [program, join(bin, "curl")]) chmodSync(path, 0o755);
  return { home, bin, program, programPath: join(folder, "zenthrex.js") };
}

describe("curlExamples", () => {
  it.skipIf(process.platform === "win32")(
    "quotes paths so that a shell takes them whole, inside and outside of $()",
    () => {
      const { home, bin, program, programPath } = oddMachine();
      const context = fakeContext({ home, nodePath: program, programPath, env: { PATH: bin } });
      for (const shell of ["sh", "bash"]) {
        const out = execFileSync(shell, ["-c", curlExamples(1234, context)[1]?.command ?? ""], {
          env: { PATH: `${bin}:/usr/bin:/bin` },
          stdio: ["ignore", "pipe", "ignore"],
          encoding: "utf8",
        });
        expect(out.split("\n").slice(0, 9)).toEqual([
          "<-sN>",
          "<http://127.0.0.1:1234/v1/messages>",
          "<-H>",
          "<x-api-key: token-of key token>",
          "<-H>",
          "<anthropic-version: 2023-06-01>",
          "<-H>",
          "<content-type: application/json>",
          "<-d>",
        ]);
        expect(JSON.parse(out.slice(out.indexOf("<{") + 1, out.lastIndexOf(">")))).toMatchObject({ stream: true });
      }
    },
  );

  it("uses the short name where that is this program on the PATH, and tells people the nearest way", () => {
    const { home, bin, programPath } = oddMachine();
    writeFileSync(programPath, "");
    const bare = fakeContext({ home, programPath, env: { PATH: bin }, cwd: home });
    expect(selfCommandForPeople(bare)).toMatch(/^node it's a/);
    expect(selfCommandForPeople({ ...bare, cwd: "/" })).toBe(`node ${programPath.slice(1)}`);
    expect(selfCommandForPeople({ ...bare, cwd: bin })).toBe(`node ${programPath}`);
    symlinkSync(programPath, join(bin, "zenthrex"));
    expect(selfCommandForPeople(bare)).toBe("zenthrex");
    expect(curlExamples(1, bare)[0]?.command).toContain('"x-api-key: $(zenthrex key token)"');
    const other = fakeContext({ home, programPath: "/elsewhere/zenthrex.js", env: { PATH: bin } });
    expect(curlExamples(1, other)[0]?.command).toContain("/elsewhere/zenthrex.js key token");
  });

  it("passes by a proxy that the environment names", () => {
    const at = (env: Record<string, string>) => curlExamples(1, fakeContext({ home: "/home/ann", env }))[0]?.command;
    expect(at({ http_proxy: "http://proxy:3128" })).toContain("curl -s --noproxy '*' http://127.0.0.1:1/");
    expect(at({ HTTP_PROXY: "http://proxy:3128" })).toContain("curl -s http://127.0.0.1:1/");
  });

  it("is PowerShell on Windows: the body comes through a pipe", () => {
    const context = fakeContext({
      home: "C:\\Users\\ann",
      platform: "win32",
      nodePath: "C:\\Program Files\\nodejs\\node.exe",
      programPath: "C:\\o'neil\\bin\\zenthrex.js",
      env: {},
    });
    expect(curlExamples(19368, context)[0]?.command).toMatchInlineSnapshot(`
      "'{"model":"claude-haiku-4-5","max_tokens":256,"messages":[{"role":"user","content":"Say hello"}]}' |
        curl.exe -s http://127.0.0.1:19368/v1/messages \`
        -H "x-api-key: $(& 'C:\\Program Files\\nodejs\\node.exe' 'C:\\o''neil\\bin\\zenthrex.js' key token)" \`
        -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' -d '@-'"
    `);
  });
});
