// Files that aren't read, layers that win, switches, and homes that are others.
import { noAdministrator } from "../../support/administrated.mjs";
import { isOffline } from "../../support/network.mjs";
import { direct, inLayers, layers, local, MODEL_IS_BLAMED, PROJECT, USER } from "./kit.mjs";

const invalid = [
  ["the user's", USER],
  ["a project's", PROJECT],
].flatMap(([whose, file]) =>
  [
    ["a trailing comma", /"\n {2}\}/, '",\n  }', "6:3"],
    ["a comment", "{", "{ // mine", "1:3"],
  ].map(([title, from, to, place]) => ({
    row: 19,
    title: `${title} in ${whose} settings.json`,
    breakSetup(given) {
      given.write(file, { env: direct(given) });
      given.write(file, given.read(file).replace(from, to));
    },
    shows: /not valid JSON|did not load|malformed JSON/i,
    code: "settings-invalid",
    names: ({ path }) => [`${path(file)}:${place}`],
    mend: "words",
  })),
);

const ANTHROPIC = "https://api.anthropic.com";

const beaten = [
  {
    title: "a project's settings.json that leads elsewhere",
    async breakSetup(given) {
      await given.setUp();
      return layers.project.put(given, { ANTHROPIC_BASE_URL: ANTHROPIC });
    },
    code: "project-redirects",
    place: layers.project,
  },
  {
    title: "settings.local.json that leads elsewhere",
    async breakSetup(given) {
      await given.setUp();
      return layers.local.put(given, { ANTHROPIC_BASE_URL: ANTHROPIC });
    },
    code: "setting-overridden",
    place: layers.local,
  },
  {
    title: "an export that has no effect, for settings that lead elsewhere",
    async breakSetup(given) {
      await given.startDaemon();
      layers.user.put(given, { ANTHROPIC_BASE_URL: ANTHROPIC });
      return local(given);
    },
    code: "setting-overridden",
    place: layers.user,
  },
].map(({ place, ...one }) => ({
  ...one,
  row: 20,
  // Claude Code goes to Anthropic's own host: only where nothing but this machine can be reached.
  needs: isOffline ? undefined : "without a network namespace it would ask api.anthropic.com",
  shows: /EAI_AGAIN|ENOTFOUND|Unable to connect/,
  names: (given) => [ANTHROPIC, place.place(given, "ANTHROPIC_BASE_URL")],
  mend: "fix",
}));

const SWITCHES = {
  CLAUDE_CODE_USE_BEDROCK: { AWS_REGION: "us-east-1" },
  CLAUDE_CODE_USE_VERTEX: { CLOUD_ML_REGION: "us-east5", ANTHROPIC_VERTEX_PROJECT_ID: "mine" },
  CLAUDE_CODE_USE_FOUNDRY: { ANTHROPIC_FOUNDRY_RESOURCE: "mine" },
};

const switches = Object.entries(SWITCHES).flatMap(([name, more]) =>
  inLayers(["shell", "user", "local"], (layer) => ({
    row: 22,
    title: `${name} in ${layer.title}`,
    breakSetup(given) {
      given.write(USER, { env: direct(given) });
      const wrong = { [name]: "1", ...more };
      return layer.put(given, layer === layers.user ? direct(given, wrong) : wrong);
    },
    code: "provider-switch",
    names: (given) => [layer.place(given, name)],
    mend: "fix",
  })),
);

const withoutShell = {
  row: 21,
  title: "exports that a program from the dock doesn't see",
  breakSetup(given) {
    given.write(".vscode/extensions/anthropic.claude-code-2.1.330/package.json", {});
    return direct(given);
  },
  /** It is started from the dock: none of the shell's variables reaches it. */
  clientEnv: () => ({}),
  shows: /Not logged in/,
  isWarning: true,
  code: "setting-overridden",
  names: ["an export of the shell"],
  mend: "fix",
};

const elsewhere = [
  {
    row: 55,
    title: "CLAUDE_CONFIG_DIR leads to another folder",
    async breakSetup(given) {
      await given.setUp();
      return { CLAUDE_CONFIG_DIR: given.path("other") };
    },
    shows: /Not logged in/,
    code: "wrong-home",
    names: (given) => ["CLAUDE_CONFIG_DIR", given.path("other/settings.json"), given.path(USER)],
    mend: "fix",
  },
];

const forcedByUser = {
  row: 23,
  title: "a first-party login that the user's own settings demand",
  breakSetup(given) {
    given.write(USER, { forceLoginMethod: "claudeai", env: direct(given) });
  },
  answers: true,
  isWarning: true,
  code: "managed-settings",
  names: (given) => ["first-party login", `${given.path(USER)}:2:23`],
  mend: "fix",
};

const MANAGED = "claude-code/managed-settings.json";

const administrated = [
  {
    title: "a first-party login that an administrator demands",
    settings: () => ({ forceLoginMethod: "claudeai" }),
    shows: /managed settings require a first-party login/,
    code: "managed-settings",
    names: [`/etc/${MANAGED}:2:23`],
  },
  {
    title: "an administrator's base URL that leads nowhere",
    settings: ({ sandbox }) => ({ env: { ANTHROPIC_BASE_URL: `${sandbox.url}/v1` } }),
    shows: MODEL_IS_BLAMED,
    code: "base-url-path",
    names: [`/etc/${MANAGED}:3:27`],
  },
  {
    title: "an administrator's switch to Bedrock",
    settings: () => ({ env: { CLAUDE_CODE_USE_BEDROCK: "1" } }),
    shows: /AWS/,
    code: "provider-switch",
    names: [`/etc/${MANAGED}:3:32`],
  },
].map(({ settings: make, ...one }) => ({
  ...one,
  row: 23,
  needs: noAdministrator(),
  breakSetup(given) {
    given.write(USER, { env: direct(given) });
    given.administrate(MANAGED, make(given));
  },
  mend: "words",
}));

export const settings = [
  ...invalid,
  ...beaten,
  ...switches,
  withoutShell,
  ...elsewhere,
  forcedByUser,
  ...administrated,
];
