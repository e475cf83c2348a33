import { nearest } from "../../base/registry.ts";
import { models } from "../../catalog/models.ts";
import { liveModels } from "../live-models.ts";
import type { Probe, Problem } from "../types.ts";

const modelsProbe: Probe = {
  code: "models",
  title: "Models",
  dependsOn: ["api"],
  async run(context) {
    const { settings } = context;
    const live = await liveModels(context);
    const documented = models.filter((model) => model.documented).map(({ id }) => id);
    const known = [...new Set([...documented, ...(live ?? [])])];
    const sonnet = settings.sonnetModel.value;
    const asked = [
      ...Object.entries(settings.aliases.value).map(([name, id]) => [`aliases.${name}`, id] as const),
      ...(sonnet === undefined ? [] : [["sonnetModel", sonnet] as const]),
    ];
    const problems = asked.filter(([, id]) => !known.includes(id)).map(([name, id]) => unknown(name, id, known));
    const [first, ...more] = problems;
    if (first !== undefined) return { ...first, more };
    const count = live === undefined ? "the live list can't be read" : `${live.length} listed`;
    return { status: "pass", finding: `${count}, ${documented.length} documented; every alias leads to one` };
  },
};

export default modelsProbe;

function unknown(name: string, id: string, known: readonly string[]): Problem {
  const meant = nearest(id, known) ?? known[0] ?? "";
  return {
    status: "fail",
    cause: "alias-unknown",
    finding: `${name} means ${id}, which the hosted API doesn't have: it has ${known.join(", ")}`,
    fix: {
      command: `zenthrex config set ${name} ${meant}`,
      action: { kind: "zenthrex", argv: ["config", "set", name, meant] },
    },
  };
}
