import { committedKeys } from "../../integrations/effective/committed-keys.ts";
import { toolProblem } from "../tool-problems.ts";
import type { Probe } from "../types.ts";

const committed: Probe = {
  code: "committed-keys",
  title: "Keys in git",
  dependsOn: [],
  async run(context) {
    const [first, ...more] = (await committedKeys(context)).map((problem) =>
      toolProblem(problem, "committed-keys", context),
    );
    if (first === undefined) return { status: "pass", finding: "no settings file here that git tracks holds a key" };
    return { ...first, more };
  },
};

export default committed;
