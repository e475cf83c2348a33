// Wrong keys, keys in the wrong place, and one too many.
import { expect } from "../../support/checks.mjs";
import { direct, inLayers, layers, USER, without } from "./kit.mjs";

const REFUSED = /API Error: 401|Invalid API key|Failed to authenticate/;
const FOREIGN = { Anthropic: "sk-ant-api03-0123456789", OpenRouter: "sk-or-v1-0123456789" };

const wrongKeys = [
  {
    row: 13,
    title: "a key of OpenRouter's",
    spoil: () => FOREIGN.OpenRouter,
    code: "credential-vendor",
    names: ["an OpenRouter key"],
  },
  {
    row: 13,
    title: "a key of Anthropic's",
    spoil: () => FOREIGN.Anthropic,
    code: "credential-vendor",
    names: ["an Anthropic key"],
  },
  {
    row: 15,
    title: "a key that was revoked",
    spoil: () => "zk_sandbox_revoked",
    code: "credential-rejected",
    names: ["401"],
  },
  {
    row: 24,
    title: "a space of no width in the key",
    spoil: (key) => `${key}\u200b`,
    code: "credential-shape",
    names: ["no usable key"],
    shows: /header|401/i,
  },
  {
    row: 24,
    title: "quotes around the key",
    spoil: (key) => `"${key}"`,
    code: "credential-shape",
    names: ["no usable key"],
  },
  {
    row: 24,
    title: "a hard space before the key",
    spoil: (key) => `\u00a0${key}`,
    code: "credential-shape",
    names: ["odd white space"],
    shows: /./,
    answers: true,
    isWarning: true,
  },
].flatMap(({ spoil, title, names, shows = REFUSED, ...more }) =>
  inLayers(["shell", "user", "local"], (layer) => ({
    ...more,
    title: `${title} in ${layer.title}`,
    breakSetup(given) {
      const wrong = { ANTHROPIC_AUTH_TOKEN: spoil(given.key) };
      if (layer !== layers.local) return layer.put(given, direct(given, wrong));
      given.write(USER, { env: direct(given) });
      return layer.put(given, wrong);
    },
    shows,
    names: (given) => [...names, "ANTHROPIC_AUTH_TOKEN", layer.place(given, "ANTHROPIC_AUTH_TOKEN")],
    mend: "fix",
  })),
);

/** An API that takes the documented header alone. */
const onlyIn = (header) => (request) => {
  const other = header === "x-api-key" ? "authorization" : "x-api-key";
  const isRefused = request.headers[header] === undefined && request.headers[other] !== undefined;
  const error = { type: "authentication_error", message: "Missing or invalid credential" };
  return isRefused ? { status: 401, body: { type: "error", error } } : undefined;
};

const inTheWrongHeader = inLayers(["shell", "user", "local"], (layer) => ({
  row: 14,
  title: `a good key as a bearer, where the API wants x-api-key, in ${layer.title}`,
  async breakSetup(given) {
    const gate = await given.startGate((request) =>
      request.path.startsWith("/v1/messages") ? onlyIn("x-api-key")(request) : undefined,
    );
    given.gate = gate;
    return layer.put(given, { ...direct(given), ANTHROPIC_BASE_URL: gate.url });
  },
  shows: REFUSED,
  code: "credential-place",
  names: (given) => [layer.place(given, "ANTHROPIC_AUTH_TOKEN"), "x-api-key is accepted"],
  mend: layer === layers.shell ? "words" : "fix",
}));

function expectNoForeignKey(_given, requests) {
  const headers = JSON.stringify(requests.map((request) => request.headers));
  expect(!headers.includes("sk-ant"), "Anthropic's key still goes out", headers);
}

const twoKeys = [
  {
    row: 16,
    title: "Anthropic's key in the shell beside ours in the settings",
    breakSetup(given) {
      given.write(USER, { env: direct(given) });
      return { ANTHROPIC_API_KEY: FOREIGN.Anthropic };
    },
    names: ["ANTHROPIC_API_KEY in the shell is an Anthropic key"],
  },
  {
    row: 16,
    title: "Anthropic's key beside ours, both in the settings",
    breakSetup: (given) => layers.user.put(given, direct(given, { ANTHROPIC_API_KEY: FOREIGN.Anthropic })),
    names: (given) => ["is an Anthropic key", layers.user.place(given, "ANTHROPIC_API_KEY")],
  },
  {
    row: 16,
    title: "Anthropic's key in settings.local.json beside ours in the user's",
    breakSetup(given) {
      given.write(USER, { env: direct(given) });
      return layers.local.put(given, { ANTHROPIC_API_KEY: FOREIGN.Anthropic });
    },
    names: (given) => ["is an Anthropic key", layers.local.place(given, "ANTHROPIC_API_KEY")],
  },
].map((one) => ({ ...one, code: "credential-conflict", mend: "fix", proves: expectNoForeignKey }));

const savedLogin = {
  row: 17,
  title: "a saved login beside the key",
  breakSetup(given) {
    const claudeAiOauth = {
      accessToken: "sk-ant-oat01-0123456789",
      refreshToken: "sk-ant-ort01-0123456789",
      expiresAt: 4_102_444_800_000,
      scopes: ["user:inference", "user:profile"],
      subscriptionType: "pro",
    };
    given.write(".claude/.credentials.json", { claudeAiOauth });
    given.write(USER, { env: direct(given) });
  },
  answers: true,
  isWarning: true,
  code: "credential-conflict",
  names: (given) => ["logged in with an Anthropic account", given.path(".claude/.credentials.json")],
  mend: "words",
};

const declined = {
  row: 18,
  title: "a key that was declined once",
  breakSetup(given) {
    given.write(".claude.json", {
      hasCompletedOnboarding: true,
      customApiKeyResponses: { approved: [], rejected: [given.key.slice(-20)] },
    });
    return { ...without(direct(given), "ANTHROPIC_AUTH_TOKEN"), ANTHROPIC_API_KEY: given.key };
  },
  // It is asked about in a terminal only: without one, Claude Code takes the key.
  answers: true,
  code: "credential-rejected",
  names: (given) => ["ANTHROPIC_API_KEY", "declined", given.path(".claude.json")],
  mend: "fix",
};

export const credentials = [...wrongKeys, ...inTheWrongHeader, ...twoKeys, savedLogin, declined];
