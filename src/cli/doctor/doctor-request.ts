import { ZenthrexError } from "../../base/errors.ts";
import { nearest } from "../../base/registry.ts";
import { checkKeyShape } from "../../config/key.ts";
import { probes } from "../../doctor/registry.ts";
import type { AnyProbe, DoctorTarget, KeyState } from "../../doctor/types.ts";
import { effectiveReaders } from "../../integrations/effective/registry.ts";
import { integrations } from "../../integrations/registry.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";

/** What a command line asks the doctor for. */
export interface DoctorRequest {
  readonly tool: string | undefined;
  readonly target?: DoctorTarget;
  readonly key?: KeyState;
  /** True for the probes that it names or that suit it; what they depend on comes along. */
  wants(probe: AnyProbe): boolean;
}

/** Reads the command line. Throws: ZX_USAGE; ZX_AUTH_KEY_SHAPE for a key from stdin that can't be one. */
export async function readDoctorRequest({ args, options }: Invocation, context: Context): Promise<DoctorRequest> {
  const tool = typeof args["tool"] === "string" ? args["tool"] : undefined;
  const url = typeof options["url"] === "string" ? options["url"] : undefined;
  refuseOdd(options, url, tool);
  const known = [...new Set([...Object.keys(integrations), ...Object.keys(effectiveReaders)])];
  if (tool !== undefined && !known.includes(tool)) {
    const meant = nearest(tool, known);
    refuse(
      `there is no tool "${tool}"`,
      `${meant === undefined ? "" : `Did you mean ${meant}? `}The tools are: ${known.join(", ")}.`,
    );
  }
  const scope = url === undefined ? "setup" : "url";
  const only = onlyOf(options["only"]);
  const wants: DoctorRequest["wants"] = ({ code, tool: own, scope: of = "setup" }) => {
    if (only !== undefined) return only.includes(code);
    return (of === scope || of === "both") && (own === undefined || tool === undefined || own === tool);
  };
  if (url === undefined) return { tool, wants };
  return { tool, target: targetOf(url, options["format"]), key: await keyOf(options, context), wants };
}

/** Options that don't go together. */
function refuseOdd(options: Invocation["options"], url: string | undefined, tool: string | undefined): void {
  if (url !== undefined && tool !== undefined) refuse("name a tool or an address, not both");
  if (url !== undefined) return;
  if (options["format"] !== undefined) refuse("--format belongs to --url");
  if (options["keyStdin"] !== undefined) refuse("--key-stdin belongs to --url or --gateway");
}

function refuse(message: string, fix = "See zenthrex doctor --help."): never {
  throw new ZenthrexError("ZX_USAGE", message, { fix });
}

function onlyOf(given: Invocation["options"][string]): readonly string[] | undefined {
  if (typeof given !== "string") return undefined;
  const codes = given
    .split(",")
    .map((code) => code.trim())
    .filter((code) => code !== "");
  const known = Object.keys(probes);
  for (const code of codes) {
    if (known.includes(code)) continue;
    const meant = nearest(code, known);
    refuse(
      `there is no check "${code}"`,
      `${meant === undefined ? "" : `Did you mean ${meant}? `}They are: ${known.join(", ")}.`,
    );
  }
  return codes;
}

/** What is no URL is kept as it is: that it is none is the finding. */
function targetOf(url: string, format: Invocation["options"][string]): DoctorTarget {
  const isHttp = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  const origin = isHttp ? new URL(url).origin : url;
  return { kind: "url", origin, base: url, format: format === "anthropic" || format === "openai" ? format : undefined };
}

/** Another origin gets a placeholder, or the key that was given for it and nothing else. */
async function keyOf(options: Invocation["options"], context: Context): Promise<KeyState> {
  return options["keyStdin"] === true ? readGivenKey(context) : { kind: "none" };
}

/** Reads the key that is given for one origin. Throws: ZX_AUTH_KEY_SHAPE for what no header can carry. */
export async function readGivenKey({ stdin }: Context): Promise<KeyState> {
  const text = (await stdin.readAll()).trim();
  // Other vendors' keys may be right for another vendor's gateway: only what no header can carry is refused.
  if (text === "" || !/^[\x21-\x7e]+$/.test(text)) checkKeyShape(text);
  return { kind: "present", text, from: "stdin" };
}
