import { resolve } from "node:path";
import { ZenthrexError } from "../../base/errors.ts";
import { localHost, localPort } from "../../catalog/endpoints.ts";
import { tightenModes } from "../../config/leftovers.ts";
import { ensureLocalToken } from "../../config/local-token.ts";
import { watchConfigFile } from "../../config/read.ts";
import type { Command, Invocation } from "../command.ts";
import { loadConfiguration } from "../configuration.ts";
import { logInstead } from "../daemon/log-output.ts";
import { serveInBackground } from "../daemon/serve-in-background.ts";
import { drainMsOf } from "../daemon/serve-options.ts";
import { writeLine } from "../output.ts";
import { createLiveSettings, type LiveSettings } from "../serve/live-settings.ts";
import { createServeLog } from "../serve/serve-log.ts";
import { serveUntilSignal } from "../serve/serve-until-signal.ts";
import { sandboxKey } from "../serve/serving.ts";

const serve: Command = {
  description:
    "Serves coding tools on this machine: they send their own format and a local token, the daemon forwards with your key. Runs in the " +
    "foreground; one line a request: when, who, which model, seconds to the first byte and to the end, tokens, share from the prompt " +
    "cache, cost at list prices. Ctrl-C lets running answers end (30 s); again stops at once. With --background it goes on without a " +
    "terminal: it gets what it needs of this shell's environment (PATH, HOME, proxy and certificate variables, ZENTHREX_*, so also a " +
    "key in ZENTHREX_KEY) and nothing else; see status, logs, stop and restart.",
  examples: [
    { run: "zenthrex serve", does: `serve on http://${localHost}:${localPort}` },
    { run: "zenthrex serve --sandbox", does: "the same in front of a sandbox: no key, no network, no cost" },
    { run: "zenthrex serve --background", does: "the same without a terminal, once it is proven to serve" },
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
    { flags: "--background", description: "go on without a terminal; says where, its pid and its log" },
    { flags: "--log-file <file>", description: "write JSON lines there instead (5 files of 5 MB); SIGHUP reopens it" },
    {
      flags: "--drain <seconds>",
      description: "how long running answers may go on when it stops, 0 to 30 (default 30)",
    },
    { flags: "--verbose", description: "tell more: debug events, details of warnings" },
  ],
  exitCodes: {
    0: "stopped by a signal, serves in the background, or a daemon of yours already serves there",
    2: "wrong usage",
    3: "ZENTHREX_KEY can't be a key",
    5: "the port is taken by something else",
    6: "the config file, the replies file or the log can't be used",
    70: "a bug: running answers ended, then it stopped so that it can be started anew",
  },
  json: [
    '{"type":"ready","ready":true,"url":"http://127.0.0.1:19368","port":19368,',
    ' "addresses":["127.0.0.1","::1"],"upstream":"...","sandbox":false,"time":"..."}',
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
    const drainMs = drainMsOf(options);
    if (options["background"] === true) return serveInBackground(options, context);
    const configuration = loadConfiguration(context, options);
    const localToken = await ensureLocalToken(configuration.paths, context.randomBytes);
    const live = { current: undefined as LiveSettings | undefined };
    const logFile = typeof options["logFile"] === "string" ? resolve(context.cwd, options["logFile"]) : undefined;
    const output = logFile === undefined ? undefined : logInstead(logFile, context);
    if (output !== undefined) {
      context.onHangup(() => output.file.reopen());
      if (context.stderr.isTty) writeLine(context.stderr, `the log goes to ${logFile}`);
    }
    const log = createServeLog(output?.context ?? context, {
      json: output !== undefined || options["json"] === true,
      verbose: options["verbose"] === true,
      secrets: () => live.current?.usedKeys() ?? [],
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
      ...(options["sandbox"] === true ? { fixedKey: sandboxKey } : {}),
    });
    const serving = { options, configuration, settings: live.current, log, localToken, drainMs };
    return serveUntilSignal(logFile === undefined ? serving : { ...serving, logFile }, context);
  },
};

export default serve;

function checkOptions(options: Invocation["options"]): void {
  if (options["sandbox"] === true && options["upstream"] !== undefined) {
    throw new ZenthrexError("ZX_USAGE", "--sandbox and --upstream exclude each other", { fix: "Choose one of them." });
  }
  if (options["replies"] !== undefined && options["sandbox"] !== true) {
    throw new ZenthrexError("ZX_USAGE", "--replies needs --sandbox", { fix: "Add --sandbox." });
  }
}
