import { ZenthrexError } from "../../base/errors.ts";
import { maskSecret } from "../../base/redact.ts";
import { type FoundKey, findKey, keyVariable } from "../../config/key.ts";
import { ensureLocalToken, localTokenOf } from "../../config/local-token.ts";
import { configPaths } from "../../config/paths.ts";
import { readConfigFile } from "../../config/read.ts";
import { copyToClipboard } from "../clipboard.ts";
import type { Command, ExitCode } from "../command.ts";
import type { Context } from "../context.ts";
import { writeJson, writeLine, writeSecret } from "../output.ts";
import { renderFacts } from "../table.ts";

const key: Command = {
  description:
    "The two secrets: the key of the hosted API (zk_...), which stays here, and the local token (zxl_...), which tools send to the " +
    "daemon and which is worth nothing on another machine.",
  examples: [
    {
      run: "zenthrex key copy",
      does: "put the key on the clipboard, for tools that call the hosted API themselves (Cursor)",
    },
    { run: "zenthrex key token", does: "print the local token, to paste it into a tool's settings" },
    { run: "zenthrex key status", does: "say which key is used and where it comes from" },
  ],
  arguments: [
    { name: "[action]", description: "copy, token or status (default)", suggests: ["copy", "token", "status"] },
  ],
  exitCodes: {
    0: "done",
    1: "there is no clipboard",
    2: "wrong usage",
    3: "there is no key, or it can't be one",
    6: "the config file can't be read",
  },
  json: ['{"version":1,"key":"zk_...1234","from":"config file","token":"zxl_...abcd",', ' "file":"..."}'].join("\n"),
  async run({ args, options }, context) {
    const json = options["json"] === true;
    switch (args["action"] ?? "status") {
      case "copy":
        return copy(context, json);
      case "token":
        return token(context, json);
      case "status":
        return status(context, json);
      default:
        throw new ZenthrexError("ZX_USAGE", "there is no such action", { fix: "Use copy, token or status." });
    }
  },
};

export default key;

async function copy(context: Context, json: boolean): Promise<ExitCode> {
  const { key: secret, from } = requireKey(context);
  const program = await copyToClipboard(secret, context);
  const shown = maskSecret(secret);
  if (json) writeJson(context.stdout, { version: 1, copied: shown, from, program });
  else writeLine(context.stdout, `Copied ${shown} by ${program}. Paste it where it belongs, then copy something else.`);
  return 0;
}

/** The one place that prints a local token: it is asked for, to be pasted or to stand in `$(...)`. */
async function token(context: Context, json: boolean): Promise<ExitCode> {
  const value = await ensureLocalToken(configPaths(context), context.randomBytes);
  writeSecret(context.stdout, json ? `${JSON.stringify({ version: 1, token: value })}\n` : `${value}\n`);
  return 0;
}

async function status(context: Context, json: boolean): Promise<ExitCode> {
  const { file } = configPaths(context);
  const found = requireKey(context);
  const local = localTokenOf(readConfigFile(file));
  const shown = {
    key: maskSecret(found.key),
    from: found.from,
    token: local === undefined ? null : maskSecret(local),
    file,
  };
  if (json) writeJson(context.stdout, { version: 1, ...shown });
  else {
    const source = found.from === "environment" ? keyVariable : file;
    const facts = [
      ["Key", `${shown.key} (${source})`],
      ["Local token", shown.token ?? "none yet: made when it is first needed"],
    ] as const;
    writeLine(context.stdout, renderFacts(facts));
  }
  return 0;
}

function requireKey(context: Context): FoundKey {
  const { file } = configPaths(context);
  const found = findKey({ env: context.env, values: readConfigFile(file) });
  if (found !== undefined) return found;
  throw new ZenthrexError("ZX_AUTH_KEY_MISSING", "there is no key of the hosted API yet");
}
