import { credential, mainModel } from "./found.ts";
import { vendorBases } from "./join-rules.ts";
import type { ShellVariables } from "./shell-variables.ts";
import type { ConfiguredEndpoint, CredentialHeader, Found, JoinRule } from "./types.ts";

/** The variables that a library or a tool reads from the shell alone. */
export interface VariableNames {
  readonly label: string;
  readonly join: JoinRule;
  /** The first that is set wins. */
  readonly base: readonly string[];
  readonly credentials: readonly (readonly [name: string, header: CredentialHeader])[];
  readonly model?: string;
}

/** What a library finds in the shell; nothing where neither an address nor a credential is set. */
export function environmentEndpoint(shell: ShellVariables, names: VariableNames): ConfiguredEndpoint[] {
  const read = (name: string): Found | undefined => {
    const found = shell(name);
    return found === undefined || found.text === "" ? undefined : found;
  };
  const base = names.base.map(read).find((found) => found !== undefined);
  const credentials = names.credentials.flatMap(([name, header]) => credential(read(name), header));
  if (base === undefined && credentials.length === 0) return [];
  return [
    {
      label: names.label,
      isActive: true,
      join: names.join,
      base,
      defaultBase: names.join.format === "anthropic" ? vendorBases.anthropic : vendorBases.openai,
      credentials,
      models: names.model === undefined ? [] : mainModel(read(names.model)),
    },
  ];
}
