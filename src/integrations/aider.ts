import { posix, win32 } from "node:path";
import { findModel } from "../catalog/models.ts";
import { baseUrl } from "./base-url.ts";
import { anyTarget } from "./detect/any-target.ts";
import { readLayer } from "./detect/read-layer.ts";
import { repositoryRoot } from "./detect/repository-root.ts";
import { textAt } from "./detect/setting-at.ts";
import { homePath } from "./detect/settings-folder.ts";
import { detectSettingsTool, type SettingsTool, settingsStep } from "./detect/settings-tool.ts";
import { shellStep } from "./manual/shell-use.ts";
import type { Integration, IntegrationContext, KeyValue, Step, Target } from "./types.ts";

/** Without it Aider takes the name for one of a provider's own. */
const PREFIX = "openai/";
const FILE = ".aider.conf.yml";
/** Aider's library takes it before anything of Aider's own, its file and its variables included (tried with 0.86.2). */
const OVERRIDING = "OPENAI_BASE_URL";

const tool: SettingsTool = {
  title: "Aider",
  syntax: "yaml",
  program: "aider",
  path: (context) => homePath(context, undefined, "", FILE),
  entry: ["openai-api-base"],
  usesOf(values) {
    const address = textAt(values, ["openai-api-base"]);
    if (address === undefined) return undefined;
    const model = textAt(values, ["model"]);
    return {
      baseUrl: address,
      credential: textAt(values, ["openai-api-key"]) ?? "",
      model: model?.startsWith(PREFIX) ? model.slice(PREFIX.length) : undefined,
    };
  },
  isOther: (values) => textAt(values, ["model"]) !== undefined,
  paths: () => keysOf(anyTarget).map(({ path }) => path),
  isPointer: ([key], value) =>
    key === "openai-api-key"
      ? String(value).startsWith("zxl_")
      : findModel(String(value).slice(PREFIX.length)) !== undefined,
  notes: otherFiles,
};

const aider: Integration = {
  title: tool.title,
  format: "openai-chat",
  baseUrlRule: "v1",
  docsUrl: "https://aider.chat/docs/llms/openai-compat.html",
  verified: "aider@0.86.2",
  place: "app",
  program: "aider",
  tryCommand: 'aider --message "say hi"',
  detect: (context) => detectSettingsTool(tool, context),

  plan(status, target): readonly Step[] {
    if (target.through === "file") {
      const step = settingsStep(status, keysOf(target), target);
      return step === undefined ? [] : [step];
    }
    // Source: aider.chat/docs/config/dotenv: every option is a variable, which beats the file.
    const variables = keysOf(target).map(({ path: [name = ""], value }) => [
      `AIDER_${name.toUpperCase().replaceAll("-", "_")}`,
      String(value),
    ]);
    const address = [OVERRIDING, baseUrl("v1", target.origin)];
    return [shellStep(status, target, Object.fromEntries([address, ...variables]))];
  },
};

export default aider;

function keysOf(target: Target): KeyValue[] {
  return [
    { path: ["openai-api-base"], value: baseUrl("v1", target.origin) },
    { path: ["openai-api-key"], value: target.credential, secret: true },
    { path: ["model"], value: PREFIX + target.model },
    { path: ["weak-model"], value: PREFIX + target.haikuModel },
  ];
}

/** What wins over the user's own file: those of the folder and of its repository, and a variable of the library's. */
async function otherFiles(context: IntegrationContext): Promise<string[]> {
  const path = context.platform === "win32" ? win32 : posix;
  const folders = new Set([context.cwd, (await repositoryRoot(context.cwd)) ?? context.cwd]);
  folders.delete(context.home);
  const notes = await Promise.all(
    [...folders].map(async (folder) => {
      const file = path.join(folder, FILE);
      const { values } = await readLayer(file, "yaml");
      const names = keysOf(anyTarget).flatMap(({ path: [name = ""] }) => (values[name] === undefined ? [] : [name]));
      return names.length === 0 ? [] : [`${file} sets ${names.join(", ")}: in this folder it wins over your settings`];
    }),
  );
  const isShadowed = (context.env[OVERRIDING] ?? "") !== "";
  const shadow = `${OVERRIDING} is set in this shell: Aider takes it before its own settings, so unset it, or use zenthrex run aider`;
  return [...notes.flat(), ...(isShadowed ? [shadow] : [])];
}
