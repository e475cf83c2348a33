import { join } from "node:path";
import { claudeCodeSettingsPath } from "../../integrations/claude-code.ts";
import { isOn } from "../../integrations/detect/claude-code-facts.ts";
import { envOf, readLayer } from "../../integrations/detect/read-layer.ts";
import type { EditFileStep } from "../../integrations/types.ts";
import { classifyAnswer, describeAnswer, errorText } from "../classify-answer.ts";
import { freeMessages } from "../free-requests.ts";
import type { Probe, ProbeContext, ProbeRequest } from "../types.ts";

/** Header and fields that Claude Code 2.1.330 sends with every prompt. */
const BETAS = "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,effort-2025-11-24";
const FIELDS = { context_management: { edits: [] }, output_config: { effort: "high" } };
/** What is left of them with the switch. Source: measured with 2.1.330. */
const FEWER_BETAS = "claude-code-20250219,interleaved-thinking-2025-05-14,effort-2025-11-24";
const FEWER_FIELDS = { output_config: FIELDS.output_config };

/** Its documentation: "Environment variables". */
const SWITCH = "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS";

/** Whether Claude Code leaves the fields out here: one of its files says so, or the shell. */
async function switchedOff(context: ProbeContext): Promise<boolean> {
  const project = join(context.cwd, ".claude");
  const files = [join(project, "settings.local.json"), join(project, "settings.json"), claudeCodeSettingsPath(context)];
  const layers = await Promise.all(files.map((file) => readLayer(file)));
  const values = [...layers.map((layer) => envOf(layer)[SWITCH]), context.env[SWITCH]];
  return isOn(values.find((value) => value !== undefined));
}

/** The same for every shell and editor. */
function inSettings(context: ProbeContext): EditFileStep {
  const file = { path: claudeCodeSettingsPath(context), syntax: "json", text: undefined, recognised: [] } as const;
  return { kind: "edit-file", file, set: [{ path: ["env", SWITCH], value: "1" }], isRepair: true, access: "as-is" };
}

const betaFields: Probe = {
  code: "beta-fields",
  title: "Claude Code's fields",
  dependsOn: ["key", "api", "auth", "formats"],
  async run(context) {
    const { request, target, key } = context;
    if (key.kind === "none") return { status: "skip", finding: "there is no key to try with" };
    const url = `${target.origin}/v1/messages`;
    const plain = freeMessages(url, {}, { model: "claude-opus-4-7" });
    const isSwitchedOff = await switchedOff(context);
    const [betas, fields] = isSwitchedOff ? [FEWER_BETAS, FEWER_FIELDS] : [BETAS, FIELDS];
    const base = freeMessages(url, {}, { model: "claude-opus-4-7", ...fields });
    const withFields: ProbeRequest = { ...base, headers: [...(base.headers ?? []), "anthropic-beta", betas] };
    const [without, answer] = await Promise.all([request(plain), request(withFields)]);
    if (classifyAnswer(without) !== "reached") return { status: "skip", finding: "plain requests are refused already" };
    const isNamed = (text: string): boolean => /context_management|output_config|extra inputs/i.test(text);
    const isRefused = answer.kind === "answer" && answer.status === 400 && isNamed(errorText(answer));
    if (!isRefused || isNamed(errorText(without))) {
      const finding = isSwitchedOff ? `are known; those of betas are switched off (${SWITCH})` : "are known";
      return { status: "pass", finding, curl: [withFields] };
    }
    return {
      status: "fail",
      cause: "beta-fields",
      finding: `the hosted API refuses fields that Claude Code sends (${describeAnswer(answer)})`,
      fix: {
        command: `export ${SWITCH}=1`,
        action: { kind: "steps", tool: "claude-code", steps: [inSettings(context)] },
      },
      curl: [withFields],
    };
  },
};

export default betaFields;
