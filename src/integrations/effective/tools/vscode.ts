import { posix, win32 } from "node:path";
import { isJsonObject } from "../../../base/json.ts";
import { vsCodeSettings } from "../../detect/vs-code-settings.ts";
import { fileProblems, foundIn } from "../found.ts";
import { joinRules } from "../join-rules.ts";
import { pathFlaw } from "../judge/address.ts";
import { type LocatedFile, readLocated } from "../read-located.ts";
import type { ConfiguredEndpoint, EffectiveReader, JoinRule } from "../types.ts";

/** VS Code's chat with a custom endpoint: `chatLanguageModels.json`; its keys lie in the editor. Source: VS Code documentation, "Language models". */
const vscode: EffectiveReader = {
  title: "VS Code chat",
  async read(context) {
    const path = context.platform === "win32" ? win32 : posix;
    const paths = (await vsCodeSettings(context)).map((file) =>
      path.join(path.dirname(file), "chatLanguageModels.json"),
    );
    const all = await Promise.all(paths.map((file) => readLocated(file, "user", "jsonc")));
    const files = all.filter(({ text, problem }) => text !== undefined || problem !== undefined);
    return {
      isPresent: files.length > 0,
      endpoints: files.flatMap(endpointsOf),
      switches: [],
      hasUnreadable: files.some(({ problem }) => problem !== undefined),
      problems: fileProblems(files, "VS Code shows no model of it"),
    };
  },
};

export default vscode;

function endpointsOf(file: LocatedFile): ConfiguredEndpoint[] {
  const groups = Array.isArray(file.values) ? file.values : [];
  return groups.flatMap((group: unknown, index): ConfiguredEndpoint[] => {
    if (!isJsonObject(group) || group["vendor"] !== "customendpoint" || !Array.isArray(group["models"])) return [];
    const join = group["apiType"] === "messages" ? joinRules.messagesEndpoint : joinRules.chatEndpoint;
    return group["models"].flatMap((model: unknown, at): ConfiguredEndpoint[] => {
      const id = foundIn(file, [index, "models", at, "id"]);
      const base = foundIn(file, [index, "models", at, "url"]) ?? foundIn(file, [index, "url"]);
      if (!isJsonObject(model) || base === undefined) return [];
      return [
        {
          label: `model ${id?.text ?? at + 1}`,
          isActive: true,
          join: forgiving(base.text, join),
          base,
          defaultBase: "",
          credentials: [],
          hasHiddenCredential: true,
          models: id === undefined ? [] : [{ ...id, requested: id.text, role: "main" }],
        },
      ];
    });
  });
}

/** VS Code appends what is missing, /v1 too: a base is as good as the URL of the route. */
function forgiving(text: string, rule: JoinRule): JoinRule {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return rule;
  const bare: JoinRule = { ...rule, want: "bare" };
  const v1: JoinRule = { ...rule, want: "v1", suffix: rule.suffix.replace(/^\/v1/, "") };
  return [bare, v1].find((candidate) => pathFlaw(url, candidate) === undefined) ?? rule;
}
