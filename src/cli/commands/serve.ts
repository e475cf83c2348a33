import { ZenthrexError } from "../../base/errors.ts";
import { localHost, localPort } from "../../catalog/endpoints.ts";
import { tightenModes } from "../../config/leftovers.ts";
import { ensureLocalToken } from "../../config/local-token.ts";
import { watchConfigFile } from "../../config/read.ts";
import type { Command, Invocation } from "../command.ts";
import { loadConfiguration } from "../configuration.ts";
import { createLiveSettings, type LiveSettings } from "../serve/live-settings.ts";
import { createServeLog } from "../serve/serve-log.ts";
import { serveUntilSignal } from "../serve/serve-until-signal.ts";
import { sandboxKey } from "../serve/serving.ts";

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
      ...(options["sandbox"] === true ? { fixedKey: sandboxKey } : {}),
    });
    return serveUntilSignal({ options, configuration, settings: live.current, log, localToken }, context);
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

function secretsOf(settings: LiveSettings | undefined): readonly string[] {
  const key = settings?.apiKey();
  return key === undefined || key === sandboxKey ? [] : [key];
}
