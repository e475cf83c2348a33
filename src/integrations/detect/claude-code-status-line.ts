import { isJsonObject, type Json } from "../../base/json.ts";
import type { KeyValue, RecognisedKey, Status } from "../types.ts";
import type { Layer } from "./read-layer.ts";

/** The edit that shows this program's status line. Source: Claude Code documentation, "Status line". */
export function statusLineEdit(self: string): KeyValue {
  return {
    path: ["statusLine"],
    value: { type: "command", command: `${self} statusline`, padding: 0 },
    replaces: true,
  };
}

/** The status line in a settings file, where only setup can have written it. */
export function recognisedStatusLine(settings: Layer): RecognisedKey[] {
  const value = valueIn(settings);
  return value !== undefined && isOurs(value) ? [{ path: ["statusLine"], value }] : [];
}

/** The user's own status line in a settings file, as people know it: its command. */
export function foreignStatusLine(settings: Layer): Pick<Status, "foreignStatusline"> {
  const value = valueIn(settings);
  if (value === undefined || value === null || isOurs(value)) return {};
  const command = isJsonObject(value) ? value["command"] : undefined;
  return { foreignStatusline: typeof command === "string" ? command : JSON.stringify(value) };
}

function valueIn({ values }: Layer): Json | undefined {
  return values["statusLine"] as Json | undefined;
}

/** One call of this program, which PowerShell begins with an ampersand, and nothing else. */
function isOurs(value: Json): boolean {
  const command = isJsonObject(value) ? value["command"] : undefined;
  return typeof command === "string" && /^(& )?[^;&|]*zenthrex(\.js)?['"]? statusline$/.test(command);
}
