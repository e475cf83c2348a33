import { replaceRefused } from "../integrations/effective/judge/credentials.ts";
import { judgeTool } from "../integrations/effective/judge-tool.ts";
import { type EffectiveToolName, effectiveReaders } from "../integrations/effective/registry.ts";
import { showPlace } from "../integrations/effective/show-place.ts";
import type {
  ConfiguredEndpoint,
  EffectiveContext,
  EffectiveEndpoint,
  FoundCredential,
  ToolFacts,
} from "../integrations/effective/types.ts";
import type { ToolReadings } from "./tool-readings.ts";
import type { Pointing } from "./types.ts";

/** Where the tools of this machine are pointed at. A tool that can't be read has none: its own probe says why. */
export async function findPointings(tools: ToolReadings): Promise<readonly Pointing[]> {
  const names = Object.keys(effectiveReaders) as EffectiveToolName[];
  const found = await Promise.all(names.map((name) => ofTool(name, tools).catch(() => [])));
  return found.flat();
}

async function ofTool(name: EffectiveToolName, tools: ToolReadings): Promise<Pointing[]> {
  const facts = await tools.read(name);
  const { endpoints } = await judgeTool(facts, tools.context);
  // Both lists are in the order of the tool's settings: one has the secrets, the other the verdicts.
  return facts.endpoints.flatMap((configured, index) => {
    const judged = endpoints[index];
    if (judged === undefined || !judged.isOurs || !judged.isActive) return [];
    return pointing(facts, configured, judged, tools.context);
  });
}

function pointing(
  facts: ToolFacts,
  endpoint: ConfiguredEndpoint,
  { destination, requests }: EffectiveEndpoint,
  context: EffectiveContext,
): Pointing[] {
  const { base, credentials } = endpoint;
  const request = requests[0];
  if (base === undefined || base.text === "" || request === undefined) return [];
  const credential = credentials.find(({ text }) => text.trim() !== "");
  return [
    {
      tool: facts.tool,
      title: facts.title,
      baseUrl: base.text.trim(),
      destination,
      url: request.url,
      format: request.format,
      ...(credential === undefined
        ? {}
        : { credential: credentialOf(credential, { facts, endpoint, destination, context }) }),
    },
  ];
}

function credentialOf(
  credential: FoundCredential,
  judging: Parameters<typeof replaceRefused>[0],
): NonNullable<Pointing["credential"]> {
  const { text, header, place } = credential;
  return {
    text: text.trim(),
    header: header === "both" ? "x-api-key" : header,
    place: showPlace(place),
    at: place,
    fix: replaceRefused(judging, credential),
  };
}
