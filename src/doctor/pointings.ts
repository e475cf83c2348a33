import { integrations } from "../integrations/registry.ts";
import type { Integration, IntegrationContext } from "../integrations/types.ts";
import type { Pointing } from "./types.ts";

/** Variables of a shell that clients and SDKs read, whatever the tool. */
const SHELL: readonly (readonly [base: string, ...keys: string[]])[] = [
  ["ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY"],
  ["OPENAI_BASE_URL", "OPENAI_API_KEY"],
  ["OPENAI_API_BASE", "OPENAI_API_KEY"],
];

/** Where the tools of this machine are pointed at. A tool that can't be read has none: its own probe says why. */
export async function findPointings(context: IntegrationContext): Promise<readonly Pointing[]> {
  const found = await Promise.all(
    Object.entries(integrations).map(([tool, load]) => ofTool(tool, load, context).catch(() => [])),
  );
  return [...ofShell(context.env), ...found.flat()];
}

async function ofTool(
  tool: string,
  load: () => Promise<{ readonly default: Integration }>,
  context: IntegrationContext,
): Promise<Pointing[]> {
  const { default: integration } = await load();
  const { uses } = await integration.detect(context);
  if (uses === undefined) return [];
  return [{ tool, title: integration.title, baseUrl: uses.baseUrl, ownKey: hostedKey(uses.credential) }];
}

function ofShell(env: IntegrationContext["env"]): Pointing[] {
  return SHELL.flatMap(([name, ...keys]) => {
    const baseUrl = env[name];
    if (baseUrl === undefined || baseUrl === "") return [];
    const ownKey = keys.map((key) => hostedKey(env[key])).find((key) => key !== undefined);
    return [{ tool: "shell", title: `the shell's ${name}`, baseUrl, ownKey }];
  });
}

function hostedKey(text: string | undefined): string | undefined {
  const key = text?.trim();
  return key?.startsWith("zk_") === true ? key : undefined;
}
