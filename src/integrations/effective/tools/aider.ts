import { posix, win32 } from "node:path";
import { findProgram } from "../../detect/find-program.ts";
import { repositoryRoot } from "../../detect/repository-root.ts";
import { readDotEnv } from "../dot-env.ts";
import { credential, fileProblems, foundIn, winner } from "../found.ts";
import { joinRules, vendorBases } from "../join-rules.ts";
import { misnamedBase } from "../misnamed.ts";
import { proxyFacts } from "../proxy-facts.ts";
import { readLocated } from "../read-located.ts";
import { shellVariables } from "../shell-variables.ts";
import { showPlace } from "../show-place.ts";
import type { EffectiveContext, EffectiveReader, Found, FoundModel, LayerName, Problem } from "../types.ts";

/** The vendor by which Aider's library takes a base URL and a key of OpenAI's kind; it isn't sent. */
const PREFIX = "openai/";

/**
 * Aider: `.aider.conf.yml` and `.env` of the home, the repository and the folder, and variables. Source: aider's documentation, "OpenAI
 * compatible APIs"; the order was tried with 0.86.2, whose library takes `OPENAI_BASE_URL` before anything that Aider's own settings say.
 */
const aider: EffectiveReader = {
  title: "Aider",
  async read(context) {
    const shell = await shellVariables(context);
    const folders = await foldersOf(context);
    const path = context.platform === "win32" ? win32 : posix;
    const all = await Promise.all(
      folders.map(({ folder, layer }) => readLocated(path.join(folder, ".aider.conf.yml"), layer, "yaml")),
    );
    const dotEnvs = await Promise.all(folders.map(({ folder, layer }) => readDotEnv(path.join(folder, ".env"), layer)));
    const files = all.filter(({ text, problem }) => text !== undefined || problem !== undefined);
    const variable = (name: string): Found | undefined => winner([...dotEnvs.map((read) => read(name)), shell(name)]);
    const setting = (name: string): Found | undefined =>
      winner([
        beforeSetup(variable(`AIDER_${name.toUpperCase().replaceAll("-", "_")}`)),
        ...files.map((file) => foundIn(file, [name])),
      ]);
    const base = winner([
      beforeSetup(variable("OPENAI_BASE_URL")),
      setting("openai-api-base"),
      variable("OPENAI_API_BASE"),
    ]);
    const model = setting("model");
    const isInstalled = (await findProgram("aider", context)) !== undefined;
    const isOwn = files.length > 0 || base?.place.name.startsWith("AIDER_") === true;
    const credentials = credential(setting("openai-api-key") ?? variable("OPENAI_API_KEY"), "authorization");
    const usesChat = model === undefined || !/^(anthropic|gemini|ollama\w*|deepseek|azure)\//.test(model.text);
    return {
      isPresent: isInstalled || files.length > 0,
      endpoints:
        (isInstalled || isOwn) && base !== undefined && usesChat
          ? [
              {
                label: "OpenAI compatible",
                isActive: true,
                join: joinRules.chat,
                base,
                defaultBase: vendorBases.openai,
                credentials,
                models: modelOf(model),
              },
            ]
          : [],
      switches: [],
      proxy: proxyFacts(shell, variable),
      hasUnreadable: files.some(({ problem }) => problem !== undefined),
      problems: [
        ...fileProblems(files, "aider refuses to start"),
        ...prefixProblems(model, base),
        ...files.flatMap((file) =>
          misnamedBase(file, { tool: "aider", title: "Aider", parent: [], key: "openai-api-base" }, context),
        ),
      ],
    };
  },
};

export default aider;

/** What Aider reads before the file that setup writes. */
function beforeSetup(found: Found | undefined): Found | undefined {
  return found === undefined ? undefined : { ...found, place: { ...found.place, beatsSetup: true } };
}

/** The nearest first. */
async function foldersOf({ cwd, home }: EffectiveContext): Promise<{ folder: string; layer: LayerName }[]> {
  const projects = new Set([cwd, (await repositoryRoot(cwd)) ?? cwd]);
  projects.delete(home);
  return [...[...projects].map((folder) => ({ folder, layer: "project" as const })), { folder: home, layer: "user" }];
}

function modelOf(model: Found | undefined): FoundModel[] {
  if (model === undefined) return [];
  const requested = model.text.startsWith(PREFIX) ? model.text.slice(PREFIX.length) : model.text;
  return [{ ...model, text: requested, requested, role: "main", prefix: PREFIX }];
}

/** Without the prefix aider's library looks the vendor up by the model's name, and calls another API. */
function prefixProblems(model: Found | undefined, base: Found | undefined): Problem[] {
  if (model === undefined || base === undefined || model.text.includes("/") || !/^claude/i.test(model.text)) return [];
  const right = PREFIX + model.text;
  return [
    {
      code: "model-prefix-missing",
      severity: "error",
      place: model.place,
      wrong: model.text,
      right,
      cause: `${showPlace(model.place)} has no vendor: aider takes ${model.text} for Anthropic's own API and ignores the base URL`,
      fix: { text: `Set model to ${right}, or run \`zenthrex setup aider\``, command: ["setup", "aider"] },
    },
  ];
}
