import { resolveModel } from "../catalog/resolve-model.ts";

/** Refuses a value. Throws: Error whose message says what was expected; it never quotes the value. */
export const expected = (takes: string): never => {
  throw new Error(`expected ${takes}`);
};

/** The model id that an alias may name. Throws: Error when nothing like it exists. */
export function modelId(text: string): string {
  const resolved = resolveModel(text.trim());
  if (resolved.kind === "model") return resolved.warning === undefined ? resolved.id : text.trim();
  const hint = resolved.suggestion === undefined ? "" : `; did you mean ${resolved.suggestion}?`;
  return expected(`a model id of \`zenthrex models\`${hint}`);
}

/** An origin that the key may go to: scheme, host and port, no path; http only where the traffic can't leave the machine. */
export function upstreamOrigin(text: string): string {
  const takes = "an https:// origin, or http:// for this machine only";
  const url = parseUrl(text.trim()) ?? expected(takes);
  if (url.username !== "" || url.password !== "") return expected(`${takes}, without a user name or password`);
  if ((url.pathname !== "/" && !/^\/v1\/?$/.test(url.pathname)) || url.search !== "" || url.hash !== "") {
    return expected(`${takes}, without a path: the bare host`);
  }
  const isLoopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback)) return url.origin;
  return expected(`${takes}: a key sent by http:// can be read on the way`);
}

/** A host that tools may call the daemon by. Throws: Error. */
export function hostName(text: string): string {
  const takes = "a host or host:port name, without http:// and without a path";
  const isPlain = /^(\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9._-]*[a-z0-9])?)(:\d{1,5})?$/i.test(text);
  return isPlain ? text.toLowerCase() : expected(takes);
}

/** The origin of a web page or an Electron tool. Throws: Error. */
export function webOrigin(text: string): string {
  const takes = "an origin such as http://localhost:3000, without a path";
  const url = parseUrl(text) ?? expected(takes);
  // `URL.origin` is "null" for schemes that browsers don't know, such as vscode-webview://: those are compared as they are.
  const origin = url.origin === "null" ? `${url.protocol}//${url.host}` : url.origin;
  return url.host !== "" && /^[a-z][a-z0-9+.-]*:\/\/[^/?#]+\/?$/i.test(text) ? origin : expected(takes);
}

/** More lenient than `config set`: whoever edits the file by hand may name a model that only the live list has. */
export function aliasTable(value: unknown): Readonly<Record<string, string>> {
  const takes = "an object of names and model ids";
  if (typeof value !== "object" || value === null || Array.isArray(value)) return expected(takes);
  // Without a prototype: a tool that asks for the model "constructor" must not find a function.
  const table: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, model] of Object.entries(value)) {
    if (typeof model !== "string" || model.trim() === "") return expected(takes);
    const resolved = resolveModel(model.trim());
    table[name] = resolved.kind === "model" && resolved.warning === undefined ? resolved.id : model.trim();
  }
  return table;
}

/** Kept as it was written: a password in it may need its escapes. */
export function proxyUrl(text: string): string {
  const takes = "http://host:port";
  const url = parseUrl(text.includes("://") ? text.trim() : `http://${text.trim()}`) ?? expected(takes);
  const isProxy =
    (url.protocol === "http:" || url.protocol === "https:") && url.hostname !== "" && url.pathname === "/";
  return isProxy ? text.trim() : expected(takes);
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
