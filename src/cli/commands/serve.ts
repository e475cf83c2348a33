import { networkInterfaces } from "node:os";
import { ZenthrexError } from "../../base/errors.ts";
import { maskSecret } from "../../base/redact.ts";
import { localHost, localPort } from "../../catalog/endpoints.ts";
import { tightenModes } from "../../config/leftovers.ts";
import { ensureLocalToken } from "../../config/local-token.ts";
import { watchConfigFile } from "../../config/read.ts";
import type { RunningProxy } from "../../proxy/options.ts";
import type { RunningSandbox } from "../../sandbox/options.ts";
import type { UpstreamClient } from "../../upstream/types.ts";
import type { Command, ExitCode, Invocation } from "../command.ts";
import { type Configuration, loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { createPaint } from "../output.ts";
import { createLiveSettings, type LiveSettings } from "../serve/live-settings.ts";
import { examineTakenPort } from "../serve/port-taken.ts";
import { createServeLog, type ServeLog } from "../serve/serve-log.ts";
import { renderWelcome } from "../serve/welcome.ts";

/** Opens a wallet of $5.00 in the sandbox. The user's own key never goes there. */
const SANDBOX_KEY = "zk_sandbox_local";

const DRAIN_MS = 30_000;

const serve: Command = {
  description:
    "Serves coding tools on this machine: they send their own format and a local token, the daemon forwards with your key. Runs in the " +
    "foreground; one line a request: when, who, which model, seconds to the first byte and to the end, tokens, share from the prompt " +
    "cache, cost at list prices. Ctrl-C lets running answers end (30 s); again stops at once.",
  examples: [
    { run: "zenthrex serve", does: `serve on http://${localHost}:${localPort}` },
    { run: "zenthrex serve --sandbox", does: "the same in front of a sandbox: no key, no network, no cost" },
    { run: "zenthrex serve --json", does: "JSON lines for programs: ready, request, log" },
  ],
  options: [
    { flags: "--port <port>", description: "port of 127.0.0.1 to listen on; 0 takes a free one" },
    { flags: "--sandbox", description: "serve in front of a sandbox on this machine" },
    { flags: "--replies <file>", description: "with --sandbox: what it answers, from a file" },
    { flags: "--upstream <origin>", description: "forward to this origin, with the key, instead of the hosted API" },
    {
      flags: "--chat <how>",
      description: "Chat Completions: translate here, or use the upstream's own",
      choices: ["translate", "upstream"],
    },
    { flags: "--strict", description: "refuse a request that a translation can't carry whole" },
    { flags: "--no-auto-cache", description: "don't mark long prompts for the prompt cache" },
    { flags: "--allow-network", description: "listen on every address: others on the network can reach it" },
    { flags: "--verbose", description: "tell more: debug events, details of warnings" },
  ],
  exitCodes: {
    0: "stopped by a signal, or a daemon of yours already serves there",
    2: "wrong usage",
    3: "ZENTHREX_KEY can't be a key",
    5: "the port is taken by something else",
    6: "the config file, or the replies file, can't be read",
  },
  json: [
    '{"type":"ready","ready":true,"url":"http://127.0.0.1:19368","port":19368,',
    ' "addresses":["127.0.0.1","::1"],"upstream":"...","sandbox":false}',
    '{"type":"request","id":"...","started_at":"...","route":"messages",',
    ' "lane":"raw","tool":"claude-code","model_asked":"...","model_served":"...","stream":true,',
    ' "status":200,"outcome":"completed","first_byte_ms":412,"duration_ms":2104,',
    ' "usage":{"input_tokens":1,"output_tokens":1,"cache_read_tokens":0,',
    '  "cache_write_5m_tokens":0,"cache_write_1h_tokens":0},"list_price_usd":0.01,',
    ' "warnings":[],"upstream_request_id":null,"error_code":null}',
    '{"type":"log","time":"...","level":"warn","message":"..."}',
  ].join("\n"),
  async run({ options }, context) {
    checkOptions(options);
    const configuration = loadConfiguration(context, options);
    const localToken = await ensureLocalToken(configuration.paths, context.randomBytes);
    const live = { current: undefined as LiveSettings | undefined };
    const log = createServeLog(context, {
      json: options["json"] === true,
      verbose: options["verbose"] === true,
      secrets: () => secretsOf(live.current),
    });
    const warn = (message: string): void => log.log({ level: "warn", message });
    for (const path of tightenModes(configuration.paths)) warn(`${path} could be read by others; that is mended`);
    const config = watchConfigFile(configuration.paths.file, (error) =>
      warn(`${error.message}; what it said before still counts`),
    );
    live.current = createLiveSettings({
      env: context.env,
      file: configuration.paths.file,
      config,
      localToken,
      warn: (error) => warn(`${error.message}; what it said before still counts`),
      ...(options["sandbox"] === true ? { fixedKey: SANDBOX_KEY } : {}),
    });
    return serveUntilSignal({ options, configuration, settings: live.current, log, localToken }, context);
  },
};

export default serve;

/** Everything that serving needs, resolved. */
interface Serving {
  readonly options: Invocation["options"];
  readonly configuration: Configuration;
  readonly settings: LiveSettings;
  readonly log: ServeLog;
  readonly localToken: string;
}

function checkOptions(options: Invocation["options"]): void {
  if (options["sandbox"] === true && options["upstream"] !== undefined) {
    throw new ZenthrexError("ZX_USAGE", "--sandbox and --upstream exclude each other", { fix: "Choose one of them." });
  }
  if (options["replies"] !== undefined && options["sandbox"] !== true) {
    throw new ZenthrexError("ZX_USAGE", "--replies needs --sandbox", { fix: "Add --sandbox." });
  }
}

function secretsOf(settings: LiveSettings | undefined): readonly string[] {
  const key = settings?.apiKey();
  return key === undefined || key === SANDBOX_KEY ? [] : [key];
}

async function serveUntilSignal(serving: Serving, context: Context): Promise<ExitCode> {
  const sandbox = serving.options["sandbox"] === true ? await openSandbox(serving.options, context) : undefined;
  try {
    const origin = sandbox?.url ?? serving.configuration.settings.upstream.value;
    const upstream = await openUpstream(origin, context);
    try {
      return await serveThrough(serving, upstream, sandbox, context);
    } finally {
      await upstream.close();
    }
  } finally {
    await sandbox?.stop();
  }
}

async function openSandbox(options: Invocation["options"], context: Context): Promise<RunningSandbox> {
  const { startSandbox } = await import("../../sandbox/start-sandbox.ts");
  const replies = options["replies"];
  return startSandbox({ clock: context.clock, ...(typeof replies === "string" ? { repliesFile: replies } : {}) });
}

async function openUpstream(origin: string, context: Context): Promise<UpstreamClient> {
  const [{ createUpstreamClient }, { chooseProxy }] = await Promise.all([
    import("../../upstream/client.ts"),
    import("../../upstream/proxy-env.ts"),
  ]);
  return createUpstreamClient({ origin, clock: context.clock, proxy: chooseProxy(context.env, origin) });
}

async function serveThrough(
  serving: Serving,
  upstream: UpstreamClient,
  sandbox: RunningSandbox | undefined,
  context: Context,
): Promise<ExitCode> {
  const [{ startProxy }, { watchNetwork }] = await Promise.all([
    import("../../proxy/start-proxy.ts"),
    import("../../upstream/watch-network.ts"),
  ]);
  const { settings } = serving.configuration;
  let proxy: RunningProxy;
  try {
    proxy = await startProxy({
      ...serving.settings,
      port: settings.port.value,
      addresses: settings.allowNetwork.value ? ["0.0.0.0"] : [localHost, "::1"],
      allowNetwork: settings.allowNetwork.value,
      upstream,
      sink: serving.log.sink,
      log: serving.log.log,
      clock: context.clock,
      version: context.version,
      chat: settings.chat.value,
      strict: settings.strict.value,
      autoCache: settings.autoCache.value,
    });
  } catch (error) {
    if (error instanceof ZenthrexError && error.code === "ZX_PORT_TAKEN")
      return alreadyRunning(serving, context, error);
    throw error;
  }
  const unwatch = watchNetwork(context.clock, networkInterfaces, () => upstream.dropIdle());
  try {
    // Asked for before the first line is printed: whoever reads that line may send a signal at once.
    const signal = context.untilSignal();
    announce(serving, proxy, upstream.origin, sandbox !== undefined, context);
    await signal;
    return await stop(serving, proxy, context);
  } finally {
    unwatch();
  }
}

function announce(serving: Serving, proxy: RunningProxy, upstream: string, isSandbox: boolean, context: Context): void {
  const { log, settings, options } = serving;
  const key = settings.apiKey();
  const shown = isSandbox
    ? "the sandbox's own; yours stays where it is"
    : key === undefined
      ? undefined
      : maskSecret(key);
  const { port, addresses } = proxy;
  const facts = { port, upstream, isSandbox, key: shown };
  const people = options["json"] === true ? "" : renderWelcome(facts, context, createPaint(context.color));
  log.ready(
    { url: `http://${localHost}:${port}`, port, addresses, upstream, sandbox: isSandbox, version: context.version },
    people,
  );
  if (serving.configuration.settings.allowNetwork.value) {
    log.log({
      level: "warn",
      message:
        "--allow-network: everybody on this network can reach the port and try tokens, over plain HTTP that others can read. " +
        "Names other than this machine's need proxy.allowedHosts",
    });
  }
  if (key === undefined)
    log.log({ level: "warn", message: "there is no key yet: requests are refused until `zenthrex login`" });
}

/** Said only if something still runs: a quick end needs no words. */
const SAY_STOPPING_AFTER_MS = 300;

async function stop(serving: Serving, proxy: RunningProxy, context: Context): Promise<ExitCode> {
  const message = `stopping: running answers have ${DRAIN_MS / 1000} s to end; Ctrl-C again ends them now`;
  const cancel = context.clock.after(SAY_STOPPING_AFTER_MS, () => serving.log.log({ level: "info", message }));
  await proxy.close(DRAIN_MS);
  cancel();
  return 0;
}

async function alreadyRunning(serving: Serving, context: Context, cause: ZenthrexError): Promise<ExitCode> {
  const port = serving.configuration.settings.port.value;
  const { facts } = await examineTakenPort(port, serving.localToken, context, cause);
  const url = `http://${localHost}:${port}`;
  const pid = facts === undefined ? "" : ` (pid ${facts.pid})`;
  const upstream = facts?.upstream ?? null;
  serving.log.ready(
    { url, port, upstream, already_running: true, pid: facts?.pid ?? null },
    `already running: a zenthrex of yours${pid} serves on ${url}${upstream === null ? "" : ` for ${upstream}`}\n`,
  );
  // The upstream of a sandbox is on this machine, at whatever port.
  const wanted = serving.options["sandbox"] === true ? "a sandbox" : serving.configuration.settings.upstream.value;
  const isOther =
    upstream !== null && (wanted === "a sandbox" ? !upstream.startsWith(`http://${localHost}:`) : upstream !== wanted);
  if (isOther) {
    serving.log.log({
      level: "warn",
      message: `it forwards to ${upstream}, not to ${wanted}: stop it first, or choose another --port`,
    });
  }
  return 0;
}
