// Models that nobody offers, and windows that none has.
import { programIn } from "../../support/daemon.mjs";
import { runProgram } from "../../support/programs.mjs";
import { direct, inLayers, LOCAL, layers, MODEL_IS_BLAMED, USER, without } from "./kit.mjs";

const noModel = (given) => without(direct(given), "ANTHROPIC_MODEL");

const unchosen = inLayers(["shell", "user"], (layer) => ({
  row: 4,
  title: `a right base and no model, in ${layer.title}`,
  breakSetup: (given) => layer.put(given, noModel(given)),
  shows: MODEL_IS_BLAMED,
  code: "model-unknown",
  names: ["claude-opus-5-5 by default"],
  right: "right value is claude-opus-4-7",
  mend: "fix",
}));

/** Names that people write: an alias, one with a point, one of another vendor. */
const wrongNames = Object.entries({
  sonnet: ["shell", "user", "local"],
  "claude-opus-4.7": ["user", "local"],
  "gpt-5": ["shell"],
}).flatMap(([name, places]) =>
  inLayers(places, (layer) => ({
    row: 4,
    title: `ANTHROPIC_MODEL is ${name} in ${layer.title}`,
    breakSetup(given) {
      if (layer !== layers.local) return layer.put(given, direct(given, { ANTHROPIC_MODEL: name }));
      given.write(USER, { env: direct(given) });
      return layer.put(given, { ANTHROPIC_MODEL: name });
    },
    shows: MODEL_IS_BLAMED,
    code: "model-unknown",
    names: [name === "sonnet" ? "claude-sonnet-5-5" : name],
    right: name === "sonnet" ? "right value is claude-" : "right value is claude-opus-4-7",
    mend: "fix",
  })),
);

const setting = [
  ["the user's settings.json", USER],
  ["settings.local.json", LOCAL],
].map(([title, file]) => ({
  row: 4,
  title: `"model": "sonnet" in ${title}`,
  breakSetup(given) {
    given.write(USER, { env: noModel(given) });
    given.write(file, { ...(file === USER ? JSON.parse(given.read(USER)) : {}), model: "sonnet" });
  },
  shows: MODEL_IS_BLAMED,
  code: "model-unknown",
  names: ["claude-sonnet-5-5"],
  right: "right value is claude-",
  mend: "fix",
}));

/** What Claude Code believes of its model's window. */
async function windowOf({ folder, home, env }) {
  const args = ["-p", "say hi to us", "--output-format", "json"];
  const { stdout } = await runProgram(programIn(folder, "claude"), args, { home, env, limitMs: 60_000 });
  const [[model, { contextWindow }]] = Object.entries(JSON.parse(stdout).modelUsage);
  return { model, contextWindow };
}

const windows = inLayers(["shell", "user", "local"], (layer) => ({
  row: 54,
  title: `a window of a million by its suffix, in ${layer.title}`,
  async breakSetup(given) {
    if (layer === layers.local) given.write(USER, { env: direct(given) });
    const wrong = { ANTHROPIC_MODEL: "claude-opus-4-7[1m]" };
    return layer.put(given, layer === layers.local ? wrong : direct(given, wrong));
  },
  answers: true,
  isWarning: true,
  code: "model-window",
  names: (given) => ["claude-opus-4-7[1m]", layer.place(given, "ANTHROPIC_MODEL")],
  right: "right value is claude-opus-4-7-1m",
  mend: "fix",
  async proves(given, requests) {
    const asked = [...new Set(requests.map(({ model }) => model).filter(Boolean))];
    const { contextWindow } = await windowOf(given);
    const isTrue = asked.every((model) => contextWindow === (model.endsWith("-1m") ? 1_000_000 : 200_000));
    if (!isTrue) throw new Error(`it asks for ${asked.join()} and believes in ${contextWindow} tokens`);
  },
}));

export const models = [...unchosen, ...wrongNames, ...setting, ...windows];
