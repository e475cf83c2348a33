// Who is measured. Each starts on its own port with the mock upstream behind it; a lane more is an entry more.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CONTENDER_CORE, freePort, listening, start } from "./processes.mjs";
import { prepareRequests } from "./requests.mjs";

const program = fileURLToPath(new URL("../../bin/zenthrex.js", import.meta.url));
const minimalProgram = fileURLToPath(new URL("minimal.mjs", import.meta.url));
const BENCH_KEY = "zk_bench_0123456789abcdef0123456789abcdef";
const START_LIMIT_MS = 10_000;

function nginxProgram() {
  const folders = [
    ...(process.env["PATH"] ?? "").split(delimiter),
    "/usr/sbin",
    "/usr/local/sbin",
    "/opt/homebrew/bin",
  ];
  return folders.map((folder) => join(folder, "nginx")).find((file) => existsSync(file));
}

function nginxConfig(folder, port, upstreamPort) {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return `${process.getuid?.() === 0 ? "user root;" : ""}
worker_processes 1; daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 16384; }
http {
  access_log off; client_max_body_size 64m; client_body_buffer_size 1m; keepalive_requests 1000000000; tcp_nodelay on;
  ${temporary.join(" ")}
  upstream mock { server 127.0.0.1:${upstreamPort}; keepalive 1024; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }
}
`;
}

/** The environment of a zenthrex process: nothing of ours but PATH, a home of its own and the bench's key. */
export function zenthrexEnv(home) {
  return { PATH: process.env["PATH"], HOME: home, ZENTHREX_KEY: BENCH_KEY };
}

/** The local token of a home; makes it if there is none. Throws with what the program said when it can't. */
export function localToken(home) {
  const result = spawnSync(process.execPath, [program, "key", "token"], {
    env: zenthrexEnv(home),
    encoding: "utf8",
    timeout: 20_000,
  });
  const token = /zxl_\S+/.exec(result.stdout ?? "")?.[0];
  if (token === undefined)
    throw new Error(`\`zenthrex key token\` ended with ${result.status}: ${result.stderr || result.stdout}`);
  return token;
}

/** The command line of `zenthrex serve` in front of the mock upstream. */
export function serveArguments(port, upstreamPort) {
  return [program, "serve", "--port", String(port), "--upstream", `http://127.0.0.1:${upstreamPort}`];
}

const anyCredential = { "x-api-key": BENCH_KEY };

async function startZenthrex(shape, label, { directory, upstreamPort }) {
  const port = await freePort();
  const home = join(directory, `home-${port}`);
  mkdirSync(home);
  // Either header carries the token: each format has its own.
  const token = localToken(home);
  const credential = shape === "anthropic" ? { "x-api-key": token } : { authorization: `Bearer ${token}` };
  const child = start(CONTENDER_CORE, process.execPath, serveArguments(port, upstreamPort), {
    env: zenthrexEnv(home),
    cwd: home,
  });
  await listening(port, START_LIMIT_MS);
  return { child, port, request: prepareRequests(directory, shape, `${label}-${port}`, credential) };
}

/** A contender: `find` says whether it is here; `start` gives its process, its port and its requests. `onDemand`: only when asked for by name. */
const contenders = {
  direct: {
    title: "direct",
    find: () => true,
    start: async ({ directory, upstreamPort }) => ({
      port: upstreamPort,
      request: prepareRequests(directory, "anthropic", "direct", anyCredential),
    }),
  },
  minimal: {
    title: "minimal",
    find: () => true,
    start: async ({ directory, upstreamPort }) => {
      const port = await freePort();
      const child = start(CONTENDER_CORE, process.execPath, [
        minimalProgram,
        String(port),
        `http://127.0.0.1:${upstreamPort}`,
      ]);
      await listening(port, START_LIMIT_MS);
      return { child, port, request: prepareRequests(directory, "anthropic", `minimal-${port}`, anyCredential) };
    },
  },
  nginx: {
    title: "nginx",
    find: () => nginxProgram() !== undefined,
    start: async ({ directory, upstreamPort }) => {
      const port = await freePort();
      const folder = join(directory, `nginx-${port}`);
      mkdirSync(folder);
      writeFileSync(join(folder, "nginx.conf"), nginxConfig(folder, port, upstreamPort));
      // -e: the compiled-in error log belongs to root and is opened before the configuration is read
      const args = ["-e", join(folder, "error.log"), "-p", folder, "-c", join(folder, "nginx.conf")];
      const child = start(CONTENDER_CORE, nginxProgram(), args);
      await listening(port, START_LIMIT_MS);
      return { child, port, request: prepareRequests(directory, "anthropic", `nginx-${port}`, anyCredential) };
    },
  },
  raw: {
    title: "raw lane",
    find: () => existsSync(program),
    start: (surroundings) => startZenthrex("anthropic", "raw", surroundings),
  },
  translated: {
    title: "translated",
    onDemand: true,
    find: () => existsSync(program),
    start: (surroundings) => startZenthrex("openai-chat", "translated", surroundings),
  },
};

/** Names and versions of the contenders that are on this machine, and what is missing. */
export function findContenders(wanted) {
  const names = wanted ?? Object.keys(contenders).filter((name) => contenders[name].onDemand !== true);
  const unknown = names.find((name) => contenders[name] === undefined);
  if (unknown !== undefined)
    throw new Error(`no contender "${unknown}": there are ${Object.keys(contenders).join(", ")}`);
  const present = names.filter((name) => contenders[name].find());
  return { present, absent: names.filter((name) => !present.includes(name)) };
}

/** The version of the installed nginx. */
export function nginxVersion() {
  const file = nginxProgram();
  return file === undefined
    ? undefined
    : /nginx\/(\S+)/.exec(spawnSync(file, ["-v"], { encoding: "utf8" }).stderr)?.[1];
}

/** Starts a contender by name. */
export function startContender(name, surroundings) {
  return contenders[name].start(surroundings);
}

/** How the table calls a contender. */
export function titleOf(name) {
  return contenders[name].title;
}

/** Path of the program, for the start-up figures. */
export const zenthrexProgram = program;
