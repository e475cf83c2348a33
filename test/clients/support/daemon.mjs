// `zenthrex serve` and `zenthrex sandbox` as children, and the sandbox's memory of what it was asked.
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram, startProgram, stopProgram } from "./programs.mjs";

const program = fileURLToPath(new URL("../../../bin/zenthrex.js", import.meta.url));
const READY_LIMIT_MS = 15_000;

/** Runs a command of zenthrex in a home. */
export function zenthrex(args, { home, env, input, limitMs = 20_000, under }) {
  return runProgram(process.execPath, [program, ...args], { home, env, input, limitMs, under });
}

/** Starts a command that serves, and waits for its JSON ready line. */
function startServing(args, { home, env, file = program }) {
  const child = startProgram(process.execPath, [file, ...args, "--json"], { home, env, cwd: home });
  const output = { text: "" };
  return new Promise((resolve, reject) => {
    const name = `zenthrex ${args.join(" ")}`;
    const limit = setTimeout(() => reject(new Error(`${name} isn't ready: ${output.text}`)), READY_LIMIT_MS);
    const onText = (text) => {
      output.text += text;
      const line = output.text.split("\n").find((one) => one.startsWith("{") && one.includes('"ready":true'));
      if (line === undefined) return;
      clearTimeout(limit);
      resolve({ child, ready: JSON.parse(line), output: () => output.text, stop: () => stopProgram(child) });
    };
    child.stdout.setEncoding("utf8").on("data", onText);
    child.stderr.setEncoding("utf8").on("data", onText);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}: ${output.text}`)));
  });
}

/** The part of a sandbox that tests look into. */
function sandboxAt(url) {
  return {
    url,
    requests: async () => (await (await fetch(`${url}/_sandbox/requests`)).json()).requests,
    reset: async () => {
      await fetch(`${url}/_sandbox/reset`, { method: "POST" });
    },
  };
}

/** `zenthrex serve --sandbox`, on a free port unless one is given. */
export async function startDaemonWithSandbox(home, port = 0) {
  const serving = await startServing(["serve", "--sandbox", "--port", String(port)], { home });
  return { ...serving, port: serving.ready.port, url: serving.ready.url, sandbox: sandboxAt(serving.ready.upstream) };
}

/** `zenthrex serve --upstream <url>` with a key of one's own. */
export async function startDaemonBefore(upstreamUrl, key, home) {
  const env = key === undefined ? {} : { ZENTHREX_KEY: key };
  const serving = await startServing(["serve", "--port", "0", "--upstream", upstreamUrl], { home, env });
  return { ...serving, port: serving.ready.port, url: serving.ready.url };
}

/** A copy of this program, but for its version. */
function programOf(version, home) {
  const folder = join(home, `zenthrex-${version}`);
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  for (const name of ["bin", "dist"]) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const about = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ ...about, version }));
  return join(folder, "bin", "zenthrex.js");
}

/** `zenthrex serve` with what is stored in a home: its key, its upstream. `version`: of another one than ours. */
export async function startDaemonIn(home, port, version) {
  const file = version === undefined ? program : programOf(version, home);
  const serving = await startServing(["serve", "--port", String(port)], { home, file });
  return { ...serving, port: serving.ready.port, url: serving.ready.url };
}

/** `zenthrex sandbox` alone, on a free port. */
export async function startSandbox(home) {
  const serving = await startServing(["sandbox", "--port", "0"], { home });
  return { ...serving, ...sandboxAt(serving.ready.url) };
}

/** The local token of a home. */
export async function localToken(home) {
  const { stdout, stderr } = await zenthrex(["key", "token"], { home });
  const token = stdout.trim();
  if (!token.startsWith("zxl_")) throw new Error(`zenthrex key token printed no token: ${stdout}${stderr}`);
  return token;
}

/** A port on which nothing listens: below those that systems hand out by themselves, so that no other server is given it in between. */
export function closedPort() {
  const port = 20_000 + Math.floor(Math.random() * 9_000);
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(closedPort()));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(port)));
  });
}

/** A program in a client's folder. */
export const programIn = (folder, name) =>
  join(folder, "node_modules", ".bin", process.platform === "win32" ? `${name}.cmd` : name);
