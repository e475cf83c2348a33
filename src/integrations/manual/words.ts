import type { Target } from "../types.ts";

/** Source: hosted documentation, "Streaming". The daemon itself fills such silences; a tool that calls the hosted API has to wait. */
export const timeoutAdvice =
  "Long answers may be silent for tens of seconds: if the tool gives up on silence, raise its timeout to at least 120 s.";

/** The command that gives the credential: the local token on stdout, the real key on the clipboard. */
export function credentialCommand({ kind, self }: Pick<Target, "kind" | "self">): string {
  return kind === "local" ? `${self} key token` : `${self} key copy puts it on the clipboard`;
}

/** A line of shell that sets a variable to the credential; the real key is typed or pasted, so that no history keeps it. */
export function setVariable(
  name: string,
  { kind, self, platform }: Pick<Target, "kind" | "self" | "platform">,
): string {
  if (platform === "win32") {
    return kind === "local"
      ? `$env:${name} = ${self} key token`
      : `$env:${name} = Read-Host -MaskInput "key (${self} key copy)"`;
  }
  return kind === "local"
    ? `export ${name}="$(${self} key token)"`
    : `read -rs ${name} && export ${name}   # paste it: ${self} key copy`;
}
