import { posix, win32 } from "node:path";
import { isJsonObject } from "../../../base/json.ts";
import { valueAt } from "../../../config/resolve.ts";
import { hasExtension } from "../../detect/find-extension.ts";
import { vsCodeSettings } from "../../detect/vs-code-settings.ts";
import { rooImportPath } from "../../roo-code.ts";
import { credential, fileProblems, foundIn, mainModel } from "../found.ts";
import { joinRules, vendorBases } from "../join-rules.ts";
import { proxyFacts } from "../proxy-facts.ts";
import { type LocatedFile, objectOf, readLocated } from "../read-located.ts";
import { shellVariables } from "../shell-variables.ts";
import { showPlace } from "../show-place.ts";
import type { ConfiguredEndpoint, EffectiveContext, EffectiveReader, Place, Problem } from "../types.ts";

/** Roo Code, as far as it can be seen: the file that it imports. Its own profiles lie in the editor's secret storage. Source: Roo Code 3.52.1. */
const rooCode: EffectiveReader = {
  title: "Roo Code",
  async read(context) {
    const imports = await importsOf(context);
    const paths = new Set([rooImportPath(context), ...imports.map(({ file }) => file)]);
    const files = await Promise.all([...paths].map((file) => readLocated(file, "user", "json")));
    const isHere = await hasExtension("rooveterinaryinc.roo-cline", context);
    return {
      isPresent: isHere || files.some(({ text }) => text !== undefined),
      endpoints: files.flatMap(endpointsOf),
      switches: [],
      proxy: proxyFacts(await shellVariables(context)),
      hasUnreadable: files.some(({ problem }) => problem !== undefined),
      problems: [...fileProblems(files, "Roo Code would not import it"), ...missingImports(imports, files)],
    };
  },
};

export default rooCode;

const AUTO_IMPORT = "roo-cline.autoImportSettingsPath";

/** What an editor's settings name as the file to import at each start. Source: Roo Code 3.52.1, autoImportSettings.ts. */
interface Import {
  readonly file: string;
  readonly place: Place;
}

async function importsOf(context: EffectiveContext): Promise<Import[]> {
  const path = context.platform === "win32" ? win32 : posix;
  const editors = await Promise.all(
    (await vsCodeSettings(context)).map((file) => readLocated(file, "vs-code", "jsonc")),
  );
  return editors.flatMap((editor): Import[] => {
    const name = objectOf(editor)[AUTO_IMPORT];
    if (typeof name !== "string" || name.trim() === "") return [];
    const place = { ...editor.place([AUTO_IMPORT]), name: AUTO_IMPORT };
    return [{ file: path.resolve(context.home, name.trim().replace(/^~[/\\]/, "")), place }];
  });
}

/** Roo tells of it in a notice that is soon gone, and goes on with the profile that it imported last. */
function missingImports(imports: readonly Import[], files: readonly LocatedFile[]): Problem[] {
  const gone = imports.filter(({ file }) =>
    files.some(({ path, text, problem }) => path === file && text === undefined && problem === undefined),
  );
  return gone.map(({ file, place }): Problem => {
    const cause = `${showPlace(place)} names ${file}, which isn't there: Roo Code imports nothing`;
    const fix = {
      text: "Run `zenthrex setup roo-code`, or take the setting out",
      command: ["setup", "roo-code"],
    };
    return { code: "settings-shape", severity: "warning", place, wrong: file, cause, fix };
  });
}

function endpointsOf(file: LocatedFile): ConfiguredEndpoint[] {
  const profiles = valueAt(file.values, ["providerProfiles", "apiConfigs"]);
  const current = valueAt(file.values, ["providerProfiles", "currentApiConfigName"]);
  return Object.keys(isJsonObject(profiles) ? profiles : {}).flatMap((name): ConfiguredEndpoint[] => {
    const path = ["providerProfiles", "apiConfigs", name];
    const isAnthropic = foundIn(file, [...path, "apiProvider"])?.text === "anthropic";
    const base = foundIn(file, [...path, isAnthropic ? "anthropicBaseUrl" : "openAiBaseUrl"]);
    if (base === undefined) return [];
    const header =
      isAnthropic && foundIn(file, [...path, "anthropicUseAuthToken"])?.text !== "true" ? "x-api-key" : "authorization";
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
}
