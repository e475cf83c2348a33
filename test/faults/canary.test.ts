import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ask, openRaw, sendRaw } from "../proxy/support/client.ts";
import { daemonHome, environmentOf, localTokenIn, processesOf, stateFolder } from "../support/background.ts";
import { type RunningChild, runZenthrex, startZenthrex } from "../support/run-child.ts";
import { argumentsOf, canaryKeys, canaryPrompt, filesWith, foundIn, spellingsOf } from "./support/canary.ts";
import { acts, startCanaryUpstream } from "./support/canary-upstream.ts";

const model = "claude-opus-4-7";
const schema = { type: "object", properties: { [canaryPrompt]: { type: "string", description: canaryPrompt } } };
const given = JSON.stringify({ [canaryPrompt]: canaryPrompt });

/** A conversation with the prompt in every place that one has, in each format. */
const conversations: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "/v1/messages": {
    model,
    max_tokens: 16,
    system: canaryPrompt,
    metadata: { user_id: canaryPrompt },
    tools: [{ name: "look", description: canaryPrompt, input_schema: schema }],
    messages: [
      { role: "user", content: canaryPrompt },
      { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "look", input: JSON.parse(given) }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: canaryPrompt }] },
    ],
  },
  "/v1/chat/completions": {
    model,
    user: canaryPrompt,
    seed: 7,
    logit_bias: { 17: 1 },
    stop: [canaryPrompt, " "],
    metadata: { [canaryPrompt]: canaryPrompt },
    [`odd ${canaryPrompt}`]: canaryPrompt,
    tools: [{ type: "function", function: { name: "look", description: canaryPrompt, parameters: schema } }],
    messages: [
      { role: "system", content: canaryPrompt, name: canaryPrompt },
      { role: "user", content: [{ type: "text", text: canaryPrompt }], odd: canaryPrompt },
      {
        role: "assistant",
        content: null,
        refusal: canaryPrompt,
        tool_calls: [{ id: "call_1", type: "function", function: { name: "look", arguments: given.slice(0, -1) } }],
      },
      { role: "tool", tool_call_id: "call_1", content: canaryPrompt },
    ],
  },
  "/v1/responses": {
    model,
    instructions: canaryPrompt,
    user: canaryPrompt,
    truncation: "auto",
    metadata: { [canaryPrompt]: canaryPrompt },
    tools: [
      { type: "function", name: "look", description: canaryPrompt, parameters: schema },
      { type: `odd ${canaryPrompt}`, name: canaryPrompt },
    ],
    input: [
      { role: "user", content: [{ type: "input_text", text: canaryPrompt }] },
      { type: "function_call", call_id: "call_1", name: "look", arguments: given },
      { type: "function_call_output", call_id: "call_1", output: canaryPrompt },
      { type: `odd ${canaryPrompt}`, text: canaryPrompt },
    ],
  },
};

/** Bodies that are refused here, each for what the prompt is in it. */
const refusedBodies: readonly string[] = [
  `{"model":"${model}","messages":[${canaryPrompt}`,
  `"${canaryPrompt}"`,
  `["${canaryPrompt}"]`,
  `{"model":"${model}","${canaryPrompt}":1}`,
  `{"model":"${model}","messages":"${canaryPrompt}","input":{"a":"${canaryPrompt}"}}`,
  `{"model":"${model}","max_tokens":"${canaryPrompt}","messages":[{"role":"${canaryPrompt}","content":1}],"input":[{"role":"${canaryPrompt}"}]}`,
  `{"model":"${model}","messages":[{"role":"user","content":[{"type":"${canaryPrompt}"}]}],"input":[7]}`,
  `{"model":"${model}","messages":[{"role":"user","content":"x"}],"input":"x","tool_choice":"${canaryPrompt}","response_format":{"type":"${canaryPrompt}"},"reasoning_effort":"${canaryPrompt}","previous_response_id":"${canaryPrompt}"}`,
  `{"model":"${model}","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"${canaryPrompt}"}}]}],"input":[{"role":"user","content":[{"type":"input_image","image_url":"data:${canaryPrompt}"}]}]}`,
  `${"[".repeat(600)}"${canaryPrompt}"`,
  "",
];

/** Requests with the key where no key belongs. */
const strayKeys = (key: string, port: number, token: string): readonly string[] => {
  const body = `{"model":"apikey${key}x","max_tokens":1,"messages":[{"role":"user","content":"${canaryPrompt}"}]}`;
  const post = (target: string, ...lines: readonly string[]): string =>
    `POST ${target} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\nconnection: close\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n${body}`;
  const good = `x-api-key: ${token}`;
  return [
    post(`/v1/messages?key=${encodeURIComponent(key)}`, good),
    post(`/v1/messages/${key}`, good),
    post(`/${encodeURIComponent(key)}/v1/chat/completions`, good),
    post(`http://${key.replace(/[^\w]/g, "")}.example/v1/messages`, good),
    post("/v1/messages", good, `user-agent: apikey${key}x`),
    post("/v1/chat/completions", good, `user-agent: ${key}/1.0`, `cookie: key=${key}`, `anthropic-beta: ${key}`),
    post("/v1/messages", good, `origin: https://${key.replace(/[^\w]/g, "")}.example`),
    post("/v1/messages", good, `origin: ${key}`, `sec-fetch-site: ${key}`),
    post("/v1/messages", good, `content-type: application/${key}`),
    post("/v1/messages", good, `content-encoding: ${key}`),
    post("/v1/messages", good, `expect: ${key}`),
    post("/v1/messages", good, `transfer-encoding: ${key}`),
    post("/v1/messages", good, `upgrade: ${key}`, "connection: upgrade"),
    post("/v1/messages", `x-api-key: apikey${key}`),
    post("/v1/messages", `authorization: Basic ${Buffer.from(`x:${key}`).toString("base64")}`),
    post("/v1/messages", `authorization: Bearer Bearer ${key}`),
    post("/v1/messages", `x-api-key: ${key}`, `authorization: Bearer ${token}x`),
    post("/v1/responses/resp_of_nobody", good).replace("POST", "GET"),
    post(`/v1/responses/${encodeURIComponent(key)}`, good).replace("POST", "DELETE"),
    post(`/v1/models/${encodeURIComponent(key)}`, good).replace("POST", "GET"),
    `${key} / HTTP/1.1\r\n\r\n`,
    `GET /${key} ${key}\r\n\r\n`,
    `GET / HTTP/1.1\r\nhost: ${key}\r\n\r\n`,
    `GET / HTTP/1.1\r\nx: ${`${key} `.repeat(1_000)}\r\n\r\n`,
    `\u0016\u0003\u0001${key}`,
    `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${key}`,
  ];
};

interface Life {
  readonly key: string;
  /** Stored by login, or of the environment. */
  readonly from: "login" | "ZENTHREX_KEY";
  readonly args: readonly string[];
}

const lives: readonly (readonly [string, Life])[] = [
  ["in words, with a stored key", { key: canaryKeys.plain, from: "login", args: [] }],
  ["in words, with an odd key", { key: canaryKeys.odd, from: "login", args: ["--chat", "upstream"] }],
  ["in JSON, with an odd key of its environment", { key: canaryKeys.odd, from: "ZENTHREX_KEY", args: ["--json"] }],
  [
    "strictly, with a plain key of its environment",
    { key: canaryKeys.plain, from: "ZENTHREX_KEY", args: ["--strict"] },
  ],
  ["into a log file", { key: canaryKeys.odd, from: "login", args: ["--log-file", "daemon.log"] }],
];

interface Started {
  readonly child: RunningChild;
  readonly port: number;
  readonly token: string;
}

/** Starts a daemon at its most talkative. */
async function start(home: string, upstream: string, { key, from, args }: Life): Promise<Started> {
  if (from === "login")
    await runZenthrex(["login", "--key-stdin", "--no-verify"], {
      home,
      input: key,
      env: { ZENTHREX_UPSTREAM: upstream },
    });
  const env = { ZENTHREX_DEBUG: "1", ...(from === "login" ? {} : { ZENTHREX_KEY: key }) };
  const child = startZenthrex(["serve", "--port", "0", "--upstream", upstream, "--verbose", "--drain", "0", ...args], {
    home,
    env,
  });
  const log = join(home, "daemon.log");
  // The log of an earlier daemon goes on.
  const behind = existsSync(log) ? readFileSync(log, "utf8").length : 0;
  let port = 0;
  await until(() => {
    const said = child.out() + (existsSync(log) ? readFileSync(log, "utf8") : "");
    port = Number(
      /http:\/\/127\.0\.0\.1:(\d+)(?:"|\/v1)/.exec(said.slice(Math.max(behind, said.lastIndexOf('"ready"'))))?.[1] ?? 0,
    );
    return port > 0;
  });
  return { child, port, token: localTokenIn(home) };
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 15_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Errors in a stream, of any format. */
const errorFrames = /^(event: error\n.*\n|data: \{"(type":")?error.*\n|data: .*"type":"response.failed".*\n)/gm;

/** What callers were told: the prompt is theirs, the key isn't. Shape: where a key stood in it. */
async function drive({ port, token }: Started, words: readonly string[], key: string): Promise<string[]> {
  const leaks: string[] = [];
  const note = (what: string, told: string): void => {
    const found = foundIn(told, words);
    if (found !== undefined) leaks.push(`${what}: ${found}`);
  };
  const headers = { "content-type": "application/json", "x-api-key": token, "user-agent": "claude-cli/2.1.0" };
  for (const [path, conversation] of Object.entries(conversations)) {
    for (const stream of [false, true]) {
      const body = JSON.stringify({ ...conversation, stream });
      await Promise.all(
        Object.keys(acts)
          .filter((act) => act !== "stalls" && act !== "says nothing")
          .map(async (act) => {
            const told = await ask(port, { path, body, headers: { ...headers, "x-act": act } }).catch(() => undefined);
            if (told === undefined) return;
            // What succeeds is passed on as it came: a model may well speak of a key. An error is not.
            const errors = told.status < 300 ? (told.text.match(errorFrames) ?? []).join("") : told.text;
            note(`${path} ${stream} ${act}`, told.rawHeaders.join("\n") + errors);
          }),
      );
      for (const act of ["stalls", "says nothing"]) {
        const abort = new AbortController();
        const asked = fetch(`http://127.0.0.1:${port}${path}`, {
          ...{ method: "POST", body, headers: { ...headers, "x-act": act }, signal: abort.signal },
        });
        await Promise.race([asked.then((answer) => answer.body?.getReader().read()), pause(100)]).catch(
          () => undefined,
        );
        abort.abort();
        await asked.catch(() => undefined);
      }
    }
    for (const body of refusedBodies) {
      const told = await ask(port, { path, body, headers });
      note(`${path} ${body.slice(0, 80)}`, told.rawHeaders.join("\n") + told.text);
    }
    const large = openRaw(
      port,
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nx-api-key: ${token}\r\ncontent-type: application/json\r\n` +
        `content-length: 99999999999\r\n\r\n{"a":"${canaryPrompt}`,
    );
    await until(() => large.received().length > 0);
    large.socket.destroy();
  }
  for (const bytes of strayKeys(key, port, token)) {
    const raw = openRaw(port, bytes);
    await Promise.race([raw.closed, pause(300)]);
    raw.socket.destroy();
    note(bytes.slice(0, 80), raw.received().toString("latin1"));
  }
  for (const path of ["/v1/whoami", "/v1/models"]) {
    for (const format of [{ "anthropic-version": "2023-06-01" }, {}]) {
      const told = await ask(port, { method: "GET", path, headers: { ...headers, ...format } });
      note(path, told.rawHeaders.join("\n") + told.text);
    }
  }
  const health = await sendRaw(port, `GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
  note("/healthz", health.text);
  return leaks;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Opens a stream and leaves it to the daemon's end. */
async function hold({ port, token }: Started): Promise<void> {
  const headers = { "content-type": "application/json", "x-api-key": token, "x-act": "stalls" };
  const body = JSON.stringify({ ...conversations["/v1/messages"], stream: true });
  const answer = await fetch(`http://127.0.0.1:${port}/v1/messages`, { method: "POST", headers, body });
  const reader = answer.body?.getReader();
  await reader?.read();
  void reader?.read().catch(() => undefined);
}

describe.runIf(process.platform === "linux")("a daemon at its most talkative", () => {
  it.each(lives)(
    "tells nobody the key, and writes no prompt, whatever comes: %s [T12 T13]",
    async (_name, life) => {
      const home = daemonHome();
      const upstream = await startCanaryUpstream();
      const words = spellingsOf(life.key);
      const config = join(home, ".config/zenthrex/config.json");
      const first = await start(home, upstream.url, life);
      expect.soft(foundIn(argumentsOf(first.child.process.pid ?? 0), words)).toBeUndefined();
      expect.soft(await drive(first, words, life.key)).toEqual([]);
      expect(upstream.requests.length).toBeGreaterThan(60);

      first.child.process.kill("SIGHUP");
      if (life.args.includes("--log-file")) {
        // Garbage in the config while it runs, and back.
        const sound = readFileSync(config, "utf8");
        writeFileSync(config, `{"apiKey": "${life.key}" "${canaryPrompt}`);
        await ask(first.port, { headers: { "content-type": "application/json", "x-api-key": first.token } });
        writeFileSync(config, sound);
        await hold(first);
        first.child.process.kill("SIGTERM");
      }
      await first.child.ended;

      const second = await start(home, upstream.url, life);
      await hold(second);
      second.child.process.kill("SIGKILL");
      await second.child.ended;

      await runZenthrex(["budget", "set", "0.000001/day", "--hard"], { home });
      const third = await start(home, upstream.url, life);
      for (const [path, conversation] of Object.entries(conversations)) {
        const told = await ask(third.port, {
          path,
          body: JSON.stringify(conversation),
          headers: { "content-type": "application/json", "x-api-key": third.token },
        });
        expect.soft([path, foundIn(told.text, words)]).toEqual([path, undefined]);
      }
      third.child.process.kill("SIGTERM");
      await third.child.ended;

      for (const { child } of [first, second, third]) {
        expect.soft(foundIn(`${child.out()}\n${child.err()}`, [...words, canaryPrompt])).toBeUndefined();
      }
      expect.soft(filesWith(home, [canaryPrompt])).toEqual([]);
      expect.soft(filesWith(home, words, life.from === "login" ? [config] : [])).toEqual([]);
      expect(filesWith(stateFolder(home), ['"t":"end"']).length).toBeGreaterThan(0);
    },
    120_000,
  );
});

describe.runIf(process.platform === "linux")("every command", () => {
  it.each([canaryKeys.plain, canaryKeys.odd])(
    "tells the key to nobody, also of an upstream that repeats it: %s [T12]",
    async (key) => {
      const home = daemonHome();
      const gets = { act: "" };
      const upstream = await startCanaryUpstream(gets);
      const words = spellingsOf(key);
      const env = { ZENTHREX_UPSTREAM: upstream.url, ZENTHREX_DEBUG: "1", SHELL: "/bin/sh" };
      const run = async (...args: readonly string[]): Promise<void> => {
        const { stdout, stderr } = await runZenthrex(args, { home, env });
        expect
          .soft([args.join(" "), gets.act, foundIn(`${stdout}\n${stderr}`, words)])
          .toEqual([args.join(" "), gets.act, undefined]);
      };
      await runZenthrex(["login", "--key-stdin", "--no-verify"], { home, env, input: key });
      for (const act of ["", "fails 401", "fails 500", "redirects with user and query", "answers text"]) {
        gets.act = act;
        await Promise.all([run("whoami"), run("models"), run("doctor", "--only", "auth,wallet,models,api")]);
      }
      gets.act = "";
      await run("whoami", "--history", "--json");
      await run("doctor", "--curl", "--only", "auth,wallet");
      await run("doctor", "--bundle", "--only", "auth,wallet,config,key");
      await run("setup", "--list", "--json");
      await run("setup", "claude-code", "--dry-run", "--statusline");
      await run("setup", "claude-code", "--direct", "--dry-run");
      await run("setup", "claude-code", "--yes", "--no-verify", "--statusline");
      await run("service", "install", "--dry-run");
      for (const args of [
        "log",
        "usage --by day --csv",
        "key status",
        "config list --json",
        "env claude-code",
        "statusline",
      ])
        await run(...args.split(" "));
      await run("serve", "--background", "--port", "0", "--verbose");
      // The key is in the config: nobody's environment needs it.
      expect(processesOf(home).length).toBeGreaterThan(0);
      for (const pid of processesOf(home)) {
        const seen = `${argumentsOf(pid)}\n${environmentOf(pid).join("\n")}`;
        expect.soft(foundIn(seen, words)).toBeUndefined();
      }
      await run(
        "run",
        "--",
        "/bin/sh",
        "-c",
        "env; tr '\\0' ' ' < /proc/$PPID/cmdline; tr '\\0' ' ' < /proc/$PPID/environ",
      );
      await run("setup", "claude-code", "--undo", "--yes");
      // What --curl prints takes the header from a file for this user only, until the next run or logout.
      const config = join(home, ".config/zenthrex");
      const told = filesWith(home, words).map((line) => line.slice(0, line.indexOf(": ")));
      expect(told.filter((path) => !path.startsWith(config))).toEqual([]);
      await run("logout");
      expect(filesWith(home, words)).toEqual([]);
    },
    120_000,
  );
});
