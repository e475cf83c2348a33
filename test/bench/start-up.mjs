// How long a person waits: bare node, `--version`, `--help`, and `serve` from spawn to its first answer.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { localToken, serveArguments, zenthrexEnv, zenthrexProgram } from "./contenders.mjs";
import { CONTENDER_CORE, freePort, onCore, start, stop } from "./processes.mjs";

const FIRST_ANSWER_LIMIT_MS = 10_000;
const body = JSON.stringify({
  model: "claude-opus-4-7",
  max_tokens: 16,
  messages: [{ role: "user", content: "bench:json" }],
});

const commandLines = {
  bareNodeMs: ["-e", "0"],
  versionMs: [zenthrexProgram, "--version"],
  helpMs: [zenthrexProgram, "--help"],
};

/** Wall time of the three command lines in ms, `count` times in turn, in random order within a turn. */
export function measureCommandLines(count, directory, shuffled) {
  const home = join(directory, "home-start-up");
  mkdirSync(home, { recursive: true });
  const times = { bareNodeMs: [], versionMs: [], helpMs: [] };
  for (let turn = -1; turn < count; turn++) {
    for (const name of shuffled(Object.keys(commandLines))) {
      const [file, args] = onCore(CONTENDER_CORE, process.execPath, commandLines[name]);
      const begun = performance.now();
      const result = spawnSync(file, args, {
        env: zenthrexEnv(home),
        cwd: home,
        stdio: ["ignore", "pipe", "pipe"],
        timeout: 20_000,
      });
      const took = performance.now() - begun;
      if (result.status !== 0)
        throw new Error(`${commandLines[name].join(" ")} ended with ${result.status}: ${result.stderr}`);
      if (turn >= 0) times[name].push(took); // the first turn fills the file cache
    }
  }
  return times;
}

function ask(port, token) {
  return new Promise((resolve) => {
    const call = request({
      host: "127.0.0.1",
      port,
      method: "POST",
      path: "/v1/messages",
      agent: false,
      headers: { "x-api-key": token, "anthropic-version": "2023-06-01", "content-type": "application/json" },
    });
    call.once("error", () => resolve(undefined));
    call.once("response", (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode));
    });
    call.end(body);
  });
}

/** Wall time in ms from the spawn of `zenthrex serve` to the first answered POST, `count` times. */
export async function measureServe(count, { directory, upstreamPort }) {
  const home = join(directory, "home-serve");
  mkdirSync(home, { recursive: true });
  const token = localToken(home);
  const times = [];
  for (let turn = -1; turn < count; turn++) {
    const port = await freePort();
    const begun = performance.now();
    const child = start(CONTENDER_CORE, process.execPath, serveArguments(port, upstreamPort), {
      env: zenthrexEnv(home),
      cwd: home,
    });
    try {
      for (;;) {
        const status = await ask(port, token);
        if (status === 200) break;
        if (status !== undefined) throw new Error(`the first answer of zenthrex serve has status ${status}`);
        if (child.exitCode !== null) throw new Error(`zenthrex serve ended with ${child.exitCode}`);
        if (performance.now() - begun > FIRST_ANSWER_LIMIT_MS) throw new Error("zenthrex serve doesn't answer");
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      if (turn >= 0) times.push(performance.now() - begun);
    } finally {
      await stop(child);
    }
  }
  return times;
}
