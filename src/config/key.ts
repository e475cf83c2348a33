import { ZenthrexError } from "../base/errors.ts";
import { isJsonObject } from "../base/json.ts";

/** Beginnings of other secrets, longest first, and whose they are. */
const OTHERS: readonly (readonly [prefix: string, what: string])[] = [
  ["sk-ant-", "an Anthropic key"],
  ["sk-or-", "an OpenRouter key"],
  ["sk-proj-", "an OpenAI project key"],
  ["sk-svcacct-", "an OpenAI service account key"],
  ["sk-lf-", "a Langfuse key"],
  ["pk-lf-", "a Langfuse key"],
  ["sk_", "a key of another vendor"],
  ["sk-", "an OpenAI or DeepSeek key"],
  ["AIza", "a Google key"],
  ["github_pat_", "a GitHub token"],
  ["ghp_", "a GitHub token"],
  ["gho_", "a GitHub token"],
  ["glpat-", "a GitLab token"],
  ["xai-", "an xAI key"],
  ["gsk_", "a Groq key"],
  ["pplx-", "a Perplexity key"],
  ["nvapi-", "an NVIDIA key"],
  ["fw_", "a Fireworks key"],
  ["hf_", "a Hugging Face token"],
  ["r8_", "a Replicate token"],
  ["tgp_", "a Together key"],
  ["csk-", "a Cerebras key"],
  ["AKIA", "an AWS access key"],
  ["eyJ", "a JSON web token"],
];

/** What a header can carry as a bearer token. Source: RFC 6750 section 2.1, b64token. */
const KEY = /^zk_[A-Za-z0-9._~+/-]{6,}=*$/;
const MAX_LENGTH = 512;
/** Controls and what Unicode calls default-ignorable: zero-width and bidirectional characters, soft hyphens, the byte order mark. */
const INVISIBLE = /(?![\t\n\r])[\p{Cc}\p{Default_Ignorable_Code_Point}]/u;
const QUOTES = /["'`\u2018-\u201f\u00ab\u00bb]/;

/**
 * Checks that a text can be a key of the hosted API, and gives it back.
 * Throws: ZX_AUTH_KEY_SHAPE with the reason; the text itself is never repeated, it may be somebody's other secret.
 */
export function checkKeyShape(text: string): string {
  const problem = keyProblem(text);
  if (problem === undefined) return text;
  const [message, fix] = problem;
  throw fix === undefined
    ? new ZenthrexError("ZX_AUTH_KEY_SHAPE", message)
    : new ZenthrexError("ZX_AUTH_KEY_SHAPE", message, { fix });
}

/** True for `$NAME`, `${NAME}`, `{env:NAME}`, `%NAME%` and the like: what one tool fills in is plain text to the next. */
export function isReference(text: string): boolean {
  return /^\s*(?:\$\{?\{?\s*[A-Za-z_][\w.:-]*\s*\}?\}?|\{(?:env|cred|file|var):[^}]*\}|%[A-Za-z_]\w*%)\s*$/.test(text);
}

type Problem = readonly [message: string, fix?: string];

/** The checks in the order in which they explain best: what is around the key first, then whose key it is. */
function keyProblem(text: string): Problem | undefined {
  if (text.trim() === "") return ["the key is empty"];
  return surroundings(text) ?? vendor(text) ?? form(text);
}

function surroundings(text: string): Problem | undefined {
  if (INVISIBLE.test(text)) {
    return ["the key holds an invisible character", "Copy the key again, from the dashboard itself."];
  }
  const assignment = /^\s*(?:export\s+|set\s+|\$env:)?([A-Za-z_][A-Za-z0-9_]*)\s*=/i.exec(text)?.[1];
  if (assignment !== undefined) {
    return [`this is an assignment of ${assignment}, not the key alone`, "Paste only what stands behind the = sign."];
  }
  if (/^\s*(?:authorization\s*:|x-api-key\s*:|bearer\s)/i.test(text)) {
    return ["this is a header, not the key alone", 'Paste only the key: leave out "Bearer" and the header\'s name.'];
  }
  if (isReference(text)) {
    return [
      "this is a reference to a variable, which nobody fills in here",
      "Write the key itself, or export the variable.",
    ];
  }
  if (QUOTES.test(text)) return ["the key is in quotes", "Paste it without quotes."];
  if (/\s/.test(text)) return ["the key holds white space", "Copy the key again, alone and in one line."];
  return undefined;
}

/** What spoils a key or a token from around or within: an invisible character, quotes, white space; undefined for one that is clean. */
export function keySurroundings(text: string): string | undefined {
  return surroundings(text)?.[0];
}

/** Whose key a text is by its beginning: "an Anthropic key"; undefined for one of ours and for what nobody else hands out. */
export function keyVendor(text: string): string | undefined {
  return OTHERS.find(([prefix]) => text.startsWith(prefix))?.[1];
}

function vendor(text: string): Problem | undefined {
  if (text.startsWith("zxl_")) {
    return [
      "this is a local token of zenthrex, which tools send to the daemon; it is no key of the hosted API",
      "Paste the key of the dashboard: it begins with zk_.",
    ];
  }
  const what = keyVendor(text);
  if (what === undefined) return undefined;
  return [`this is ${what}, not one of ZenthrexApi`, "Paste the key of the ZenthrexApi dashboard: it begins with zk_."];
}

function form(text: string): Problem | undefined {
  if (/^zk_(?:[.\u2026*]*|x{3,})$/i.test(text) || /\.\.\.|\u2026|\*{3}/.test(text)) {
    return ["this is a key with its middle left out", "Copy the whole key: use the dashboard's copy button."];
  }
  if (/^(zk_.+)\1$/.test(text)) return ["the key stands there twice, one behind the other", "Paste it once."];
  if (/^zk_(?:your|paste|insert|example|placeholder|changeme|key_here)(?![a-z0-9]{12})/i.test(text)) {
    return ["this is the placeholder of an example, not a key", "Copy the key of the ZenthrexApi dashboard."];
  }
  if (!/^zk_/.test(text)) return ["this is no key of ZenthrexApi: those begin with zk_"];
  if (text.length > MAX_LENGTH) return [`the key is longer than ${MAX_LENGTH} characters`];
  if (text.length < "zk_".length + 6) return ["the key is cut off: it is too short"];
  return KEY.test(text) ? undefined : ["the key holds a character that no key has"];
}

/** Where a key came from, and the key. */
export interface FoundKey {
  readonly key: string;
  readonly from: "environment" | "config file";
}

/** What resolving the key needs: the environment, and the config file's values. */
export interface KeySources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly values: unknown;
}

/** The variable that holds the key on machines without a login. */
export const keyVariable = "ZENTHREX_KEY";

/**
 * The key of the hosted API: `ZENTHREX_KEY`, else the config file's, else undefined.
 * Throws: ZX_AUTH_KEY_SHAPE when what is there can't be a key; the message says where it is.
 */
export function findKey(sources: KeySources): FoundKey | undefined {
  const fromEnv = sources.env[keyVariable];
  if (fromEnv !== undefined && fromEnv !== "") {
    return { key: checkedAt(fromEnv, keyVariable), from: "environment" };
  }
  const stored = isJsonObject(sources.values) ? sources.values["key"] : undefined;
  if (stored === undefined) return undefined;
  if (typeof stored !== "string") {
    throw new ZenthrexError("ZX_AUTH_KEY_SHAPE", "the config file's key is not a string", {
      fix: "Run `zenthrex login`.",
    });
  }
  return { key: checkedAt(stored, "the config file"), from: "config file" };
}

function checkedAt(text: string, place: string): string {
  const problem = keyProblem(text);
  if (problem === undefined) return text;
  throw new ZenthrexError("ZX_AUTH_KEY_SHAPE", `${place} holds no usable key: ${problem[0]}`, {
    fix: place === keyVariable ? `Set ${keyVariable} to the key alone, or unset it.` : "Run `zenthrex login`.",
  });
}
