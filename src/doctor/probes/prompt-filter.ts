import { marksOf } from "../blocked.ts";
import { classifyAnswer, describeAnswer, isKeyTaken, isPage } from "../classify-answer.ts";
import { freeMessages } from "../free-requests.ts";
import type { Probe } from "../types.ts";

/** What agents send all day, and what filters against attacks take for one. */
const CODE =
  "<script>alert(document.cookie)</script>\nSELECT * FROM users WHERE name = '' OR 1=1; --\n../../etc/passwd";

const promptFilter: Probe = {
  code: "prompt-filter",
  title: "Prompts with code",
  dependsOn: ["key", "api", "auth", "formats"],
  async run({ request, target, key }) {
    if (key.kind === "none") return { status: "skip", finding: "there is no key to try with" };
    const url = `${target.origin}/v1/messages`;
    const withCode = freeMessages(url, {}, { messages: [{ role: "user", content: CODE }] });
    const [plain, code] = await Promise.all([request(freeMessages(url)), request(withCode)]);
    const isLet = (answer: typeof plain): boolean => isKeyTaken(classifyAnswer(answer));
    const isBlocked = code.kind === "failed" || isPage(code) || code.status === 403 || code.status === 406;
    if (!isLet(plain)) return { status: "skip", finding: "plain requests are refused already" };
    if (isLet(code) || !isBlocked) return { status: "pass", finding: "pass as others do", curl: [withCode] };
    return {
      status: "fail",
      cause: "waf-blocked",
      finding: `a filter in front of the hosted API refuses prompts that hold code (${describeAnswer(code)}), others pass: report it with its id`,
      evidence: [`without code: ${describeAnswer(plain)}`, ...marksOf(code)],
      fix: { command: "zenthrex doctor --bundle" },
      curl: [withCode],
    };
  },
};

export default promptFilter;
