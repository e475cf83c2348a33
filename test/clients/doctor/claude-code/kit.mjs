// What the cases of Claude Code are made of: its settings files, and the settings that work.
export const USER = ".claude/settings.json";
export const PROJECT = "project/.claude/settings.json";
export const LOCAL = "project/.claude/settings.local.json";

/** What Claude Code shows for every 404. */
export const MODEL_IS_BLAMED = /issue with the selected model/;

const MODEL = { ANTHROPIC_MODEL: "claude-opus-4-7" };

/** What works: the hosted API without a daemon. */
export const direct = ({ sandbox, key }, more = {}) => ({
  ANTHROPIC_BASE_URL: sandbox.url,
  ANTHROPIC_AUTH_TOKEN: key,
  ...MODEL,
  ...more,
});

/** What works: the daemon that was started. */
export const local = ({ daemonUrl, token }, more = {}) => ({
  ANTHROPIC_BASE_URL: daemonUrl,
  ANTHROPIC_AUTH_TOKEN: token,
  ...MODEL,
  ...more,
});

/** Without one of the variables. */
export function without(variables, name) {
  const { [name]: _, ...rest } = variables;
  return rest;
}

const inFile = (title, file) => ({
  title,
  /** Writes the variables, and returns what is left for the shell. */
  put(given, variables) {
    given.write(file, { env: variables });
    return {};
  },
  /** How the doctor calls a variable's place. */
  place: (given, name) => {
    const lines = given.read(file).split("\n");
    const line = lines.findIndex((text) => text.includes(`"${name}"`));
    return `${given.path(file)}:${line + 1}:${(lines[line] ?? "").indexOf(": ") + 3}`;
  },
});

/** The layers in which a variable can stand. */
export const layers = {
  shell: {
    title: "the shell",
    put: (_given, variables) => variables,
    place: () => "in the shell",
  },
  user: inFile("settings.json", USER),
  project: inFile("a project's settings.json", PROJECT),
  local: inFile("settings.local.json", LOCAL),
};

/** The same fault in several layers. */
export const inLayers = (names, make) => names.map((name) => make(layers[name]));
