/** Stands between a namespace and a name: no tool's name holds it. */
const separator = "\u0000";

/** The one name of a tool that may stand in a namespace. */
export function qualifiedName(namespace: unknown, name: string): string {
  return typeof namespace === "string" && namespace !== "" ? namespace + separator + name : name;
}

/** What the upstream should rather call it: it has no namespaces. */
export function flatName(qualified: string): string {
  const at = qualified.indexOf(separator);
  if (at < 0) return qualified;
  const [namespace, name] = [qualified.slice(0, at), qualified.slice(at + 1)];
  return namespace === "" || namespace.endsWith("_") ? namespace + name : `${namespace}__${name}`;
}

/** The parts of a qualified name, as an item of a call names them. */
export function splitName(qualified: string): { readonly name: string; readonly namespace?: string } {
  const at = qualified.indexOf(separator);
  return at < 0 ? { name: qualified } : { name: qualified.slice(at + 1), namespace: qualified.slice(0, at) };
}
