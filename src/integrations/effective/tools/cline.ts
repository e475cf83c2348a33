import { isJsonObject } from "../../../base/json.ts";
import { valueAt } from "../../../config/resolve.ts";
import { clineProvidersPath } from "../../cline.ts";
import { hasExtension } from "../../detect/find-extension.ts";
import { findProgram } from "../../detect/find-program.ts";
import { credential, fileProblems, foundIn, mainModel } from "../found.ts";
import { joinRules, vendorBases } from "../join-rules.ts";
import { readAddress } from "../judge/address.ts";
import { setupCommand } from "../judge/judging.ts";
import { misnamedBase } from "../misnamed.ts";
import { proxyFacts, readAsBun } from "../proxy-facts.ts";
import { type LocatedFile, objectOf, readLocated } from "../read-located.ts";
import { shellVariables } from "../shell-variables.ts";
import { placeAddress } from "../show-place.ts";
import type { ConfiguredEndpoint, EffectiveContext, EffectiveReader, Problem } from "../types.ts";

/** Cline's command line and its extension, which share one file of providers. Source: measured with cline 3.0.65. */
const cline: EffectiveReader = {
  title: "Cline",
  async read(context) {
    const file = await readLocated(clineProvidersPath(context), "user", "json");
    const isInstalled =
      (await findProgram("cline", context)) !== undefined || (await hasExtension("saoudrizwan.claude-dev", context));
    const shape = shapeProblems(file, context);
    return {
      isPresent: isInstalled || file.text !== undefined || file.problem !== undefined,
      endpoints: endpointsOf(file),
      switches: [],
      // Its answers came with HTTPS_PROXY or ALL_PROXY alone, and not with HTTP_PROXY.
      proxy: proxyFacts(await shellVariables(context), undefined, {
        ...readAsBun,
        isByScheme: true,
        isWithoutAll: true,
        // Its hub makes the requests of every prompt. Measured: a new NO_PROXY does nothing before the hub is ended.
        ending: "cline hub stop",
      }),
      hasUnreadable: file.problem !== undefined || shape.length > 0,
      problems: [
        ...fileProblems([file], "Cline takes such a file for an empty one, and shows you logged out"),
        ...shape,
        ...providersOf(file).flatMap((id) =>
          misnamedBase(
            file,
            {
              tool: "cline",
              title: "Cline",
              parent: ["providers", id, "settings"],
              key: "baseUrl",
              beside: [["providers", id]],
            },
            context,
          ),
        ),
      ],
    };
  },
};

export default cline;

function endpointsOf(file: LocatedFile): ConfiguredEndpoint[] {
  const providers = valueAt(file.values, ["providers"]);
  if (!isJsonObject(providers)) return [];
  const selected = objectOf(file)["lastUsedProvider"];
  return Object.keys(providers).flatMap((id): ConfiguredEndpoint[] => {
    const path = ["providers", id, "settings"];
    const base = foundIn(file, [...path, "baseUrl"]);
    const isAnthropic = id === "anthropic";
    const credentials = credential(foundIn(file, [...path, "apiKey"]), isAnthropic ? "x-api-key" : "authorization");
    if (base === undefined && credentials.length === 0) return [];
    return [
      {
        label: `provider ${id}`,
        isActive: selected === undefined || selected === id,
        ...(selected === undefined || selected === id ? {} : { isSpare: true }),
        join: isAnthropic ? joinRules.anthropicV1 : joinRules.chat,
        base,
        basePlace: file.place([...path, "baseUrl"]),
        defaultBase: isAnthropic ? "https://api.anthropic.com/v1" : vendorBases.openai,
        credentials,
        models: mainModel(foundIn(file, [...path, "model"])),
      },
    ];
  });
}

function providersOf(file: LocatedFile): string[] {
  const providers = objectOf(file)["providers"];
  return Object.keys(isJsonObject(providers) ? providers : {});
}

/** Cline checks the whole file by a schema, and takes one that doesn't fit for an empty one. Source: its sdk/packages/core. */
function shapeProblems(file: LocatedFile, context: EffectiveContext): Problem[] {
  if (file.text === undefined || file.problem !== undefined || file.text.trim() === "") return [];
  const wrong = firstMisfit(file);
  if (wrong === undefined) return [];
  const place = file.place(wrong.path);
  return [
    {
      code: "settings-shape",
      severity: "error",
      place,
      cause: `${placeAddress(place)}: ${wrong.path.join(".")} ${wrong.why}: Cline takes such a file for an empty one, and shows you logged out`,
      fix: {
        text: "Run `zenthrex setup cline`, which writes what is missing; or restore the file from a backup",
        command: setupCommand("cline", isForHosted(file, context)) ?? [],
      },
    },
  ];
}

/** The entry that is chosen, or the only one, calls the hosted API itself. */
function isForHosted(file: LocatedFile, context: EffectiveContext): boolean {
  const providers = objectOf(file)["providers"];
  const chosen = objectOf(file)["lastUsedProvider"] ?? Object.keys(isJsonObject(providers) ? providers : {})[0];
  const base = valueAt(providers, [String(chosen), "settings", "baseUrl"]);
  return typeof base === "string" && ["hosted", "near-hosted"].includes(readAddress(base, context).destination);
}

function firstMisfit(file: LocatedFile): { path: string[]; why: string } | undefined {
  const values = objectOf(file);
  if (values["version"] !== 1) return { path: ["version"], why: "must be 1" };
  if (!isJsonObject(values["providers"])) return { path: ["providers"], why: "must be an object" };
  for (const [id, entry] of Object.entries(values["providers"])) {
    const path = ["providers", id];
    if (!isJsonObject(entry) || !isJsonObject(entry["settings"])) return { path, why: "has no settings" };
    const { baseUrl, provider } = entry["settings"];
    if (typeof provider !== "string") return { path: [...path, "settings", "provider"], why: "must name the provider" };
    const date = entry["updatedAt"];
    if (typeof date !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(date)) {
      return { path: [...path, "updatedAt"], why: "must be a date like 2026-11-22T11:57:37.590Z" };
    }
    if (baseUrl !== undefined && (typeof baseUrl !== "string" || !URL.canParse(baseUrl))) {
      return { path: [...path, "settings", "baseUrl"], why: "must be a URL with its scheme" };
    }
  }
  return undefined;
}
