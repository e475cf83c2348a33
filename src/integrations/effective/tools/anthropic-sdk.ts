import { posix, win32 } from "node:path";
import { hostedOrigin } from "../../../catalog/endpoints.ts";
import { claudeCodeSettingsPath } from "../../claude-code.ts";
import { envOf, readLayer } from "../../detect/read-layer.ts";
import { environmentEndpoint } from "../environment-endpoints.ts";
import { joinRules } from "../join-rules.ts";
import { readAddress } from "../judge/address.ts";
import { objectOf, readLocated } from "../read-located.ts";
import { shellVariables } from "../shell-variables.ts";
import type { ConfiguredEndpoint, EffectiveContext, EffectiveReader, Problem } from "../types.ts";

/** Programs that use an Anthropic SDK, as far as the shell decides. Source: measured with @anthropic-ai/sdk 1.12.0 and 0.128.0. */
const anthropicSdk: EffectiveReader = {
  title: "Anthropic SDK",
  async read(context) {
    const shell = await shellVariables(context);
    const endpoints = environmentEndpoint(shell, {
      label: "the shell's variables",
      join: joinRules.anthropic,
      base: ["ANTHROPIC_BASE_URL"],
      credentials: [
        ["ANTHROPIC_API_KEY", "x-api-key"],
        ["ANTHROPIC_AUTH_TOKEN", "authorization"],
      ],
    });
    const problems = await versionProblems(endpoints, context);
    // Node 20 and the SDK itself read no proxy variables.
    // Whose Claude Code has an address of its own in its settings may export one for nothing.
    const settings = await readLayer(claudeCodeSettingsPath(context));
    const isActive = (envOf(settings)["ANTHROPIC_BASE_URL"] ?? "") === "";
    const shown = endpoints.map((endpoint) => ({ ...endpoint, isActive }));
    return { isPresent: endpoints.length > 0, endpoints: shown, switches: [], hasUnreadable: false, problems };
  },
};

export default anthropicSdk;

/** Since version 1 the SDK sends anthropic-version 2026-10-21, and the hosted API documents 2023-06-01 alone. */
async function versionProblems(
  endpoints: readonly ConfiguredEndpoint[],
  context: EffectiveContext,
): Promise<Problem[]> {
  const base = endpoints[0]?.base;
  if (base === undefined || readAddress(base.text, context).url?.origin !== hostedOrigin) return [];
  const path = context.platform === "win32" ? win32 : posix;
  const file = path.join(context.cwd, "node_modules", "@anthropic-ai", "sdk", "package.json");
  const version = objectOf(await readLocated(file, "project", "json"))["version"];
  if (typeof version !== "string" || !/^[1-9]\d*\./.test(version)) return [];
  return [
    {
      code: "sdk-version-header",
      severity: "warning",
      place: { layer: "project", name: "version", file },
      wrong: version,
      cause: `@anthropic-ai/sdk ${version} sends anthropic-version 2026-10-21, and the hosted API documents 2023-06-01 alone: parameters may be refused with a 400`,
      fix: {
        text: "Go through the daemon, which maps versions: `zenthrex env anthropic-sdk`; or set the header anthropic-version: 2023-06-01",
      },
    },
  ];
}
