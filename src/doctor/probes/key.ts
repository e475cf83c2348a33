import { statSync } from "node:fs";
import { ZenthrexError } from "../../base/errors.ts";
import { checkKeyShape } from "../../config/key.ts";
import { configPaths } from "../../config/paths.ts";
import type { CauseCode } from "../causes.ts";
import { holdsKey } from "../holds-key.ts";
import { keySource, shownKey } from "../shown-key.ts";
import type { KeyState, Probe, ProbeContext, ProbeResult, Problem } from "../types.ts";

const key: Probe = {
  code: "key",
  title: "Key",
  dependsOn: [],
  async run(context) {
    const { key: state, paths } = context;
    if (state.kind === "none") return withoutKey(context);
    const problem = problemOf(state, context);
    const readable = readableByOthers(context);
    if (problem !== undefined) return { ...problem, more: readable };
    const [first, ...more] = readable;
    return first === undefined ? { status: "pass", finding: shownKey(state, paths.file) } : { ...first, more };
  },
};

export default key;

/** No key is stored here: that is well where somebody else brings one. */
async function withoutKey(context: ProbeContext): Promise<ProbeResult> {
  const daemon = await context.daemon();
  if (daemon.identity === "ours" && daemon.state?.keyFrom === "environment") {
    return { status: "pass", finding: "the daemon has its own, from ZENTHREX_KEY as it was when it started" };
  }
  return {
    status: "fail",
    cause: "key-missing",
    finding: `there is no key of the hosted API: neither in ZENTHREX_KEY nor in ${context.paths.file}`,
    evidence: configurationOfAccount(context),
    fix: { command: "zenthrex login", action: { kind: "zenthrex", argv: ["login"] } },
  };
}

/** HOME may lead elsewhere than where the login was made. */
function configurationOfAccount({ accountHome, home, platform, paths }: ProbeContext): string[] {
  if (accountHome === undefined || accountHome === home || platform === "win32") return [];
  const { file } = configPaths({ env: {}, home: accountHome, platform });
  return file !== paths.file && holdsKey(file) ? [`HOME is ${home}; this account's own home has ${file}`] : [];
}

/** What is around a key is told apart from whose it is: the first is mended by copying it again. */
function problemOf(state: Extract<KeyState, { kind: "present" }>, { paths }: ProbeContext): Problem | undefined {
  try {
    checkKeyShape(state.text);
    return undefined;
  } catch (error) {
    if (!(error instanceof ZenthrexError)) throw error;
    const place = keySource(state, paths.file);
    const isVariable = state.from === "environment";
    const command = isVariable
      ? state.shadowed === undefined
        ? "unset ZENTHREX_KEY && zenthrex login"
        : "unset ZENTHREX_KEY"
      : "zenthrex login";
    return {
      status: "fail",
      cause: causeOf(error.message),
      finding: `${place} holds no usable key: ${error.message}`,
      evidence: oddities(state.text),
      fix: { command },
    };
  }
}

function causeOf(message: string): CauseCode {
  if (/invisible/.test(message)) return "key-invisible";
  if (/quotes|white space/.test(message)) return "key-quoted";
  return /^this is (an? |.*token)/.test(message) && !/assignment|header|middle left out/.test(message)
    ? "key-vendor"
    : "key-shape";
}

/** Which characters don't belong, by byte and place; never the others, they may be a secret. */
function oddities(text: string): string[] {
  const bytes = Buffer.from(text);
  const found: string[] = [];
  let offset = 0;
  for (const character of text) {
    const size = Buffer.byteLength(character);
    if (!/^[A-Za-z0-9._~+/=-]$/.test(character)) {
      const hex = bytes.subarray(offset, offset + size).toString("hex");
      const point = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
      found.push(`byte ${offset} of ${bytes.length}: ${hex} (U+${point})`);
    }
    offset += size;
  }
  return found.slice(0, 5);
}

/** Whoever may read the file can spend the wallet. */
function readableByOthers({ paths, key: state }: ProbeContext): Problem[] {
  if (!paths.hasModes || state.kind === "none" || state.from !== "config file") return [];
  try {
    const mode = statSync(paths.file).mode & 0o777;
    if ((mode & 0o077) === 0) return [];
    const finding = `${paths.file} holds the key and can be read by others (mode ${mode.toString(8)}, 600 is right)`;
    return [{ status: "warn", cause: "key-readable", finding, fix: { command: `chmod 600 ${paths.file}` } }];
  } catch {
    return [];
  }
}
