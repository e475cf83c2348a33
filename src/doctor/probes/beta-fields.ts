import { classifyAnswer, describeAnswer, errorText } from "../classify-answer.ts";
import { freeMessages } from "../free-requests.ts";
import type { Probe, ProbeRequest } from "../types.ts";

/** Header and fields that Claude Code 2.1.330 sends with every prompt. */
const BETAS = "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,effort-2025-11-24";
const FIELDS = { context_management: { edits: [] }, output_config: { effort: "high" } };

const betaFields: Probe = {
  code: "beta-fields",
  title: "Claude Code's fields",
  dependsOn: ["key", "api", "auth", "formats"],
  async run({ request, target, key }) {
    if (key.kind === "none") return { status: "skip", finding: "there is no key to try with" };
    const url = `${target.origin}/v1/messages`;
    const plain = freeMessages(url, {}, { model: "claude-opus-4-7" });
    const base = freeMessages(url, {}, { model: "claude-opus-4-7", ...FIELDS });
    const withFields: ProbeRequest = { ...base, headers: [...(base.headers ?? []), "anthropic-beta", BETAS] };
    const [without, answer] = await Promise.all([request(plain), request(withFields)]);
    if (classifyAnswer(without) !== "reached") return { status: "skip", finding: "plain requests are refused already" };
    const isNamed = (text: string): boolean => /context_management|output_config|extra inputs/i.test(text);
    const isRefused = answer.kind === "answer" && answer.status === 400 && isNamed(errorText(answer));
    if (!isRefused || isNamed(errorText(without))) {
      return { status: "pass", finding: "are known", curl: [withFields] };
    }
    return {
      status: "fail",
      cause: "beta-fields",
      finding: `the hosted API refuses fields that Claude Code sends (${describeAnswer(answer)})`,
      fix: { command: "export CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS=1" },
      curl: [withFields],
    };
  },
};

export default betaFields;
