import { isJsonObject } from "../../../base/json.ts";
import { valueAt } from "../../../config/resolve.ts";
import { hasExtension } from "../../detect/find-extension.ts";
import { rooImportPath } from "../../roo-code.ts";
import { credential, fileProblems, foundIn, mainModel } from "../found.ts";
import { joinRules, vendorBases } from "../join-rules.ts";
import { proxyFacts } from "../proxy-facts.ts";
import { readLocated } from "../read-located.ts";
import { shellVariables } from "../shell-variables.ts";
import type { ConfiguredEndpoint, EffectiveReader } from "../types.ts";

/** Roo Code, as far as it can be seen: the file that it imports. Its own profiles lie in the editor's secret storage. Source: Roo Code 3.52.1. */
const rooCode: EffectiveReader = {
  title: "Roo Code",
  async read(context) {
    const file = await readLocated(rooImportPath(context), "user", "json");
    const profiles = valueAt(file.values, ["providerProfiles", "apiConfigs"]);
    const current = valueAt(file.values, ["providerProfiles", "currentApiConfigName"]);
    const endpoints = Object.keys(isJsonObject(profiles) ? profiles : {}).flatMap((name): ConfiguredEndpoint[] => {
      const path = ["providerProfiles", "apiConfigs", name];
      const isAnthropic = foundIn(file, [...path, "apiProvider"])?.text === "anthropic";
      const base = foundIn(file, [...path, isAnthropic ? "anthropicBaseUrl" : "openAiBaseUrl"]);
      if (base === undefined) return [];
      const header =
        isAnthropic && foundIn(file, [...path, "anthropicUseAuthToken"])?.text !== "true"
          ? "x-api-key"
          : "authorization";
      return [
        {
          label: `profile ${name}`,
          isActive: name === current,
          join: isAnthropic ? joinRules.anthropic : joinRules.chat,
          base,
          defaultBase: isAnthropic ? vendorBases.anthropic : vendorBases.openai,
          credentials: credential(foundIn(file, [...path, isAnthropic ? "apiKey" : "openAiApiKey"]), header),
          models: mainModel(foundIn(file, [...path, isAnthropic ? "apiModelId" : "openAiModelId"])),
        },
      ];
    });
    return {
      isPresent: (await hasExtension("rooveterinaryinc.roo-cline", context)) || file.text !== undefined,
      endpoints,
      switches: [],
      proxy: proxyFacts(await shellVariables(context)),
      hasUnreadable: file.problem !== undefined,
      problems: fileProblems([file], "Roo Code would not import it"),
    };
  },
};

export default rooCode;
