import { posix, win32 } from "node:path";
import { valueAt } from "../../../config/resolve.ts";
import { findProgram } from "../../detect/find-program.ts";
import { readDotEnv } from "../dot-env.ts";
import { credential, fileProblems, foundIn, mainModel, winner } from "../found.ts";
import { joinRules, vendorBases } from "../join-rules.ts";
import { proxyFacts } from "../proxy-facts.ts";
import { readLocated } from "../read-located.ts";
import { shellVariables } from "../shell-variables.ts";
import type { ConfiguredEndpoint, EffectiveReader, Found } from "../types.ts";

/** Qwen Code: variables of the shell, `.env` and `settings.json`, by the selected kind of login. Source: measured with @qwen-code/qwen-code 0.24.4. */
const qwenCode: EffectiveReader = {
  title: "Qwen Code",
  async read(context) {
    const path = context.platform === "win32" ? win32 : posix;
    const shell = await shellVariables(context);
    const user = path.join(context.home, ".qwen");
    const all = await Promise.all([
      readLocated(path.join(context.cwd, ".qwen", "settings.json"), "project", "jsonc"),
      readLocated(path.join(user, "settings.json"), "user", "jsonc"),
    ]);
    const files = all.filter(({ text, problem }) => text !== undefined || problem !== undefined);
    const dotEnv = await readDotEnv(path.join(user, ".env"), "user");
    const setting = (keys: readonly string[]): Found | undefined => winner(files.map((file) => foundIn(file, keys)));
    const variable = (name: string): Found | undefined =>
      winner([shell(name), dotEnv(name), ...files.map((file) => foundIn(file, ["env", name]))]);
    const isInstalled = (await findProgram("qwen", context)) !== undefined;
    const type = setting(["security", "auth", "selectedType"])?.text;
    const hasOwn = files.some((file) => valueAt(file.values, ["security", "auth"]) !== undefined) || type !== undefined;
    return {
      isPresent: isInstalled || files.length > 0,
      endpoints: isInstalled || hasOwn ? endpointOf(type, setting, variable) : [],
      switches: [],
      proxy: proxyFacts(shell),
      hasUnreadable: files.some(({ problem }) => problem !== undefined),
      problems: fileProblems(files, "Qwen Code refuses to start"),
    };
  },
};

export default qwenCode;

function endpointOf(
  type: string | undefined,
  setting: (keys: readonly string[]) => Found | undefined,
  variable: (name: string) => Found | undefined,
): ConfiguredEndpoint[] {
  const isAnthropic = type === "anthropic";
  const vendor = isAnthropic ? "ANTHROPIC" : "OPENAI";
  const base = setting(["security", "auth", "baseUrl"]) ?? variable(`${vendor}_BASE_URL`);
  const credentials = credential(
    setting(["security", "auth", "apiKey"]) ?? variable(`${vendor}_API_KEY`),
    "authorization",
  );
  if (base === undefined) return [];
  const chat = type === "openai-responses" ? joinRules.responses : joinRules.chat;
  return [
    {
      label: `login ${type ?? "openai"}`,
      isActive: true,
      join: isAnthropic ? joinRules.anthropic : chat,
      base,
      defaultBase: isAnthropic ? vendorBases.anthropic : vendorBases.openai,
      credentials,
      models: mainModel(setting(["model", "name"]) ?? variable(`${vendor}_MODEL`)),
    },
  ];
}
