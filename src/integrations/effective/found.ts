import { isJsonObject } from "../../base/json.ts";
import { valueAt } from "../../config/resolve.ts";
import type { LocatedFile } from "./read-located.ts";
import type { Found, FoundCredential, FoundModel, Place, Problem } from "./types.ts";

/** A plain value of a file as a text, with its place; undefined when there is none. */
export function foundIn(file: LocatedFile, path: readonly (string | number)[]): Found | undefined {
  const value = Array.isArray(file.values) ? valueInList(file.values, path) : valueAt(file.values, path.map(String));
  if (!["string", "number", "boolean"].includes(typeof value)) return undefined;
  return { text: String(value), place: file.place(path), overridden: [] };
}

function valueInList(list: readonly unknown[], [index, ...rest]: readonly (string | number)[]): unknown {
  let value: unknown = typeof index === "number" ? list[index] : undefined;
  for (const key of rest) {
    if (typeof key === "number") value = Array.isArray(value) ? value[key] : undefined;
    else value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

/** The first of several that set the same thing; the others are what it overrides. */
export function winner(candidates: readonly (Found | undefined)[]): Found | undefined {
  const [first, ...rest] = candidates.filter((candidate) => candidate !== undefined);
  if (first === undefined) return undefined;
  const losers = rest.map(({ text, place }) => ({ text, place }));
  return { ...first, overridden: [...first.overridden, ...losers] };
}

/** A credential as a tool would send it; empty ones are none. */
export function credential(found: Found | undefined, header: FoundCredential["header"]): FoundCredential[] {
  return found === undefined || found.text === "" ? [] : [{ ...found, header }];
}

/** A variable that a setting names in the place of the key itself. */
export function credentialOfVariable(
  name: string,
  shell: Found | undefined,
  place: Place,
  header: FoundCredential["header"],
): FoundCredential[] {
  if (shell !== undefined && shell.text !== "") return [{ ...shell, header }];
  return [{ text: "", place, overridden: [], header, missingVariable: name }];
}

/** A model's name as a tool asks for it. */
export function mainModel(found: Found | undefined, requested = found?.text ?? ""): FoundModel[] {
  return found === undefined || found.text === "" ? [] : [{ ...found, role: "main", requested }];
}

/** The key of a place, without where it stands: for a key that is to be added there. */
export function named({ name, keys }: Place): Pick<Place, "name" | "keys"> {
  return { name, ...(keys === undefined ? {} : { keys }) };
}

/** What every tool says of a file that it can't read. `consequence`: what the tool does then. */
export function fileProblems(files: readonly LocatedFile[], consequence: string): Problem[] {
  return files.flatMap((file): Problem[] => {
    const { problem, path, layer } = file;
    if (problem === undefined) return [];
    const at = problem.line === undefined ? "" : `:${problem.line}:${problem.column}`;
    const place: Place = {
      layer,
      name: "",
      file: path,
      ...(problem.line === undefined ? {} : { line: problem.line }),
      ...(problem.column === undefined ? {} : { column: problem.column }),
    };
    if (problem.kind === "unreadable") {
      const fix = { text: `Make ${path} a file that you can read and write` };
      return [
        { code: "settings-unreadable", severity: "error", place, cause: `${problem.message}: ${consequence}`, fix },
      ];
    }
    const how = problem.remedy === undefined ? "" : `: ${problem.remedy}`;
    const fix = { text: `Mend ${path}${at}${how}; then run the doctor again` };
    return [
      {
        code: "settings-invalid",
        severity: "error",
        place,
        cause: `${path}${at}: ${problem.message}: ${consequence}`,
        fix,
      },
    ];
  });
}
