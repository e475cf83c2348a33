import { findModel } from "../../catalog/models.ts";
import { isOn, otherModelVariables, providerSwitches } from "./claude-code-facts.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** The variables that would keep settings of ours from working: switches to another provider, models that the hosted API doesn't list. */
export function claudeCodeHindrances(env: Variables): string[] {
  const switches = providerSwitches.filter((name) => isOn(env[name]));
  const models = otherModelVariables.filter((name) => {
    const model = env[name] ?? "";
    return model !== "" && model !== "inherit" && findModel(model) === undefined;
  });
  return [...switches, ...models];
}

/** What setup writes against hindrances: a settings file can't unset a variable, but an empty switch is off. */
export function againstHindrances(names: readonly string[], model: string): Record<string, string> {
  const entries = names.flatMap((name) => {
    if (providerSwitches.includes(name)) return [[name, ""]];
    return otherModelVariables.includes(name) ? [[name, model]] : [];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}
