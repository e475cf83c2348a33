import { surroundingNames, surroundingsOf } from "../surroundings.ts";
import type { Probe } from "../types.ts";

const surroundings: Probe = {
  code: "surroundings",
  title: "Surroundings",
  dependsOn: [],
  async run(context) {
    const found = surroundingsOf(context).map((name) => surroundingNames[name]);
    const finding =
      found.length === 0 ? "this machine itself" : `${found.join(" in ")}: 127.0.0.1 is this machine only`;
    return { status: "pass", finding };
  },
};

export default surroundings;
