/**
 * A name that a caller or the upstream wrote, for a warning, which is logged and kept: what isn't one by its form may be text of a
 * prompt, and is not repeated.
 */
export function plainName(name: string): string {
  return /^[\w$][\w$.:/+-]{0,63}$/.test(name) ? name : "(no name)";
}

/** A JSON path of which parts are names that a caller wrote: a part that is none by its form is not repeated. */
export function plainPath(path: string): string {
  if (/^[\w$.:@[\]-]*$/.test(path)) return path;
  return path
    .split(".")
    .map((part) => (/^[\w$:@[\]-]*$/.test(part) ? part : "(no name)"))
    .join(".");
}
