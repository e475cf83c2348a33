import { editDistance } from "../base/registry.ts";
import { hostedOrigin } from "./endpoints.ts";

/** How a host is related to the hosted API. `vendor`: another company's API that keys of ours are pasted into. */
export type Kinship =
  | { readonly kind: "hosted" | "loopback" | "other" }
  | { readonly kind: "near"; readonly meant: string }
  | { readonly kind: "vendor"; readonly vendor: string };

const VENDORS: readonly (readonly [domain: string, vendor: string])[] = [
  ["anthropic.com", "Anthropic"],
  ["claude.ai", "Anthropic"],
  ["openai.com", "OpenAI"],
  ["openrouter.ai", "OpenRouter"],
  ["googleapis.com", "Google"],
  ["deepseek.com", "DeepSeek"],
  ["groq.com", "Groq"],
  ["mistral.ai", "Mistral"],
  ["x.ai", "xAI"],
];

const HOSTED = new URL(hostedOrigin).hostname;

/** The label of the hosted API's domain, and the product's names that it is mixed up with. */
const LABELS = ["zentherixapi", "zenthrexapi", "zentherix", "zenthrex"];

/** Says how a host name is related to the hosted API: the product and its host are spelled differently on purpose, and mixed up. */
export function kinshipOf(hostname: string): Kinship {
  const host = hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "");
  if (host === HOSTED) return { kind: "hosted" };
  if (/^127\.|^::1$/.test(host) || host === "localhost" || host.endsWith(".localhost")) return { kind: "loopback" };
  if (/^[\d.]+$|:/.test(host)) return { kind: "other" };
  const vendor = VENDORS.find(([domain]) => host === domain || host.endsWith(`.${domain}`));
  if (vendor !== undefined) return { kind: "vendor", vendor: vendor[1] };
  return isNear(host) ? { kind: "near", meant: HOSTED } : { kind: "other" };
}

/** The whole name within three typing mistakes, or one of its last labels within two of the product's. */
function isNear(host: string): boolean {
  if (editDistance(host, HOSTED) <= 3) return true;
  // In front of a company's own domain the product's name means that company's gateway.
  const registered = host.split(".").slice(-2)[0] ?? "";
  return LABELS.some((label) => editDistance(registered, label) <= 2);
}
