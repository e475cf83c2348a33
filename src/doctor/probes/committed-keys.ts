import { committedKeys } from "../../integrations/effective/committed-keys.ts";
import { toolProblem } from "../tool-problems.ts";
import type { Probe, ProbeContext } from "../types.ts";

const committed: Probe = {
  code: "committed-keys",
  title: "Keys in git",
  dependsOn: [],
  async run(context) {
    const [first, ...more] = (await committedKeys(context, ownKeys(context))).map((problem) =>
      toolProblem(problem, "committed-keys", context),
    );
    if (first === undefined)
      return { status: "pass", finding: "no file here that git tracks holds your key, and no settings file any" };
    return { ...first, more };
  },
};

export default committed;

/** The user's own key, where it is one; the sandbox's are published. */
function ownKeys({ key }: ProbeContext): string[] {
  const isOwn = key.kind === "present" && key.text.length >= 16 && !key.text.startsWith("zk_sandbox_");
  return isOwn ? [key.text] : [];
}
