import { mergeNoProxy } from "../../detect/no-proxy.ts";
import { showBase, showPlace } from "../show-place.ts";
import type { Problem, ProxyFacts } from "../types.ts";
import { isLoopback } from "./address.ts";
import { type Judging, mend, removeFrom } from "./judging.ts";

/** A company proxy would take the traffic of this machine: tools don't leave loopback out by themselves. */
export function judgeProxy(judging: Judging): Problem[] {
  const { facts, address } = judging;
  const host = address.url?.hostname;
  const isPlain = facts.proxy?.isByScheme === true && address.url?.protocol === "http:";
  const [variable] =
    facts.proxy?.variables.filter(({ text, place }) => text !== "" && !(isPlain && /^https_/i.test(place.name))) ?? [];
  if (host === undefined || !isLoopback(host) || variable === undefined || facts.proxy === undefined) return [];
  if (noProxyCovers(facts.proxy.noProxy, host, address.url?.port ?? "")) return [];
  const { hiding, noProxyName, beaten, ending } = facts.proxy;
  const goesOn = ending === undefined ? "" : ", and what it has running in the background goes on so until it is ended";
  const isBeaten = noProxyCovers(beaten?.text, host, address.url?.port ?? "");
  if (hiding !== undefined) {
    const cause = `${showPlace(hiding.place)} is empty and wins over NO_PROXY: ${facts.title} asks the company proxy for this machine`;
    const fix = removeFrom(hiding.place);
    return [{ code: "proxy-catches-loopback", severity: "error", place: hiding.place, wrong: "empty", cause, fix }];
  }
  return [
    {
      code: "proxy-catches-loopback",
      severity: "error",
      place: variable.place,
      wrong: `${variable.place.name}=${showBase(variable.text)}`,
      right: `${noProxyName}=127.0.0.1,localhost,::1`,
      cause: `${showPlace(variable.place)} is set and ${noProxyName} doesn't name ${host}${isBeaten ? `, and wins over ${beaten?.place.name}, which does` : ""}: ${facts.title} asks the company proxy for this machine${goesOn}`,
      fix: WRITES_NO_PROXY.has(facts.tool) ? mend(judging, undefined, inShell(facts.proxy)) : inShell(facts.proxy),
    },
  ];
}

// The others' settings have no place for it.
const WRITES_NO_PROXY = new Set(["claude-code"]);

/** The line for the shell that keeps what NO_PROXY says already. */
function inShell({ noProxy, noProxyNames, ending }: ProxyFacts): { readonly text: string } {
  const list = mergeNoProxy(noProxy);
  const quoted = /^[\w.,:*/[\]-]+$/.test(list) ? list : `'${list.replaceAll("'", "'\\''")}'`;
  const line = `export ${noProxyNames.map((name) => `${name}=${quoted}`).join(" ")}`;
  return { text: `Say ${line}${ending === undefined ? "" : `; ${ending}`}` };
}

/** True when a NO_PROXY list leaves a host alone. Source: the entries that curl documents: names, ".suffix", "*", host:port. */
export function noProxyCovers(list: string | undefined, host: string, port: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, "");
  return (list ?? "")
    .split(/[\s,]+/)
    .map((entry) => entry.toLowerCase().replace(/^\[(.*)\](:\d+)?$/, "$1$2"))
    .some((entry) => {
      if (entry === "") return false;
      if (entry === "*" || entry === name || entry === `${name}:${port}`) return true;
      const suffix = entry.replace(/^\*?\./, "");
      return entry !== suffix && name.endsWith(`.${suffix}`);
    });
}
