import { ZenthrexError } from "../../base/errors.ts";
import { formatUsd } from "../../base/format-usd.ts";
import { maskSecret } from "../../base/redact.ts";
import { dashboardHint } from "../../catalog/endpoints.ts";
import { lowBalanceUsd } from "../../catalog/limits.ts";
import { checkKeyShape, keyVariable } from "../../config/key.ts";
import { updateConfig } from "../../config/store.ts";
import type { Wallet } from "../../upstream/whoami.ts";
import type { Command } from "../command.ts";
import { loadConfiguration } from "../configuration.ts";
import type { Context } from "../context.ts";
import { writeNote } from "../note.ts";
import { writeJson, writeLine } from "../output.ts";
import { askWallet } from "../wallet.ts";

const login: Command = {
  description:
    "Asks for the key of the hosted API without showing it, checks it there and stores it in the config file for you only (0600). A " +
    `running daemon uses it from the next request on. Where there is no terminal, ${keyVariable} or --key-stdin does the same.`,
  examples: [
    { run: "zenthrex login", does: "paste the key when asked" },
    { run: "pass show zenthrex | zenthrex login --key-stdin", does: "take it from a password manager" },
    { run: "zenthrex login --no-verify", does: "store it without asking the hosted API" },
  ],
  options: [
    { flags: "--key-stdin", description: "read the key from stdin" },
    { flags: "--no-verify", description: "don't check the key with the hosted API" },
    { flags: "--upstream <origin>", description: "check the key with this origin instead of the configured one" },
  ],
  exitCodes: {
    0: "the key is stored",
    2: "wrong usage, or no terminal to ask on",
    3: "this can't be a key, or the hosted API refused it: nothing is stored",
    5: "the hosted API can't be reached: nothing is stored",
    6: "the config file can't be written",
  },
  json: ['{"version":1,"key":"zk_...1234","verified":true,"balance_usd":12.45,', ' "file":"..."}'].join("\n"),
  async run({ options }, context) {
    const { paths, settings } = loadConfiguration(context, options);
    const key = checkKeyShape(await askKey(context, options["keyStdin"] === true));
    const wallet = options["verify"] === false ? undefined : await verify(context, settings.upstream.value, key);
    await updateConfig(paths, (values) => (values["key"] === key ? undefined : { ...values, key }));
    if (options["json"] === true) {
      const shown = { key: maskSecret(key), verified: wallet !== undefined, balance_usd: wallet?.balance_usd ?? null };
      writeJson(context.stdout, { version: 1, ...shown, file: paths.file });
    } else report(context, key, wallet, paths.file);
    if (context.env[keyVariable]) {
      writeNote(context, "warning", `${keyVariable} is set and wins over the stored key: unset it to use this one`);
    }
    return 0;
  },
};

export default login;

async function askKey(context: Context, fromStdin: boolean): Promise<string> {
  // The newline is the shell's, not the key's; anything else around it is looked at.
  if (fromStdin) return (await context.stdin.readAll()).replace(/\r?\n$/, "");
  if (context.stdin.isTty) return context.stdin.readSecret("Key of the hosted API (not shown): ");
  throw new ZenthrexError("ZX_USAGE", "there is no terminal to ask for the key on", {
    fix: `Pipe it in: zenthrex login --key-stdin < file. Or set ${keyVariable}.`,
  });
}

async function verify(context: Context, origin: string, key: string): Promise<Wallet> {
  try {
    return await askWallet(context, origin, key);
  } catch (error) {
    if (!(error instanceof ZenthrexError)) throw error;
    const isRefused = ["ZX_AUTH_KEY_REJECTED", "ZX_AUTH_FORBIDDEN"].includes(error.code);
    const fix = isRefused
      ? `Copy the key again from ${dashboardHint}.`
      : `${error.fix} To store the key unchecked: --no-verify.`;
    throw new ZenthrexError(error.code, `${error.message}; the key is not stored`, { fix, cause: error });
  }
}

function report(context: Context, key: string, wallet: Wallet | undefined, file: string): void {
  const balance = wallet === undefined ? "not checked" : `${formatUsd(wallet.balance_usd)} left`;
  writeLine(context.stdout, `Logged in with ${maskSecret(key)}: ${balance}.`);
  writeLine(context.stdout, `Stored in ${file}, readable by you only.`);
  writeLine(context.stdout, "Next: zenthrex serve, then zenthrex setup claude-code.");
  if (wallet !== undefined && wallet.balance_usd < lowBalanceUsd) {
    writeNote(
      context,
      "warning",
      `the wallet is ${wallet.balance_usd > 0 ? "low" : "empty"}; top it up in ${dashboardHint}`,
    );
  }
}
