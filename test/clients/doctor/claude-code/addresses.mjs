// Wrong base URLs, and none.
import { isOffline } from "../../support/network.mjs";
import { direct, inLayers, layers, MODEL_IS_BLAMED, USER, without } from "./kit.mjs";

/** What people paste, made of the right base; what Claude Code shows for it; what the doctor calls it. */
const pasted = [
  { row: 1, title: "/v1", paste: (base) => `${base}/v1` },
  { row: 1, title: "/v1/", paste: (base) => `${base}/v1/` },
  { row: 2, title: "/v1/messages", paste: (base) => `${base}/v1/messages` },
  { row: 3, title: "/v1/chat/completions", paste: (base) => `${base}/v1/chat/completions` },
  { row: 9, title: "no scheme", paste: (base) => base.replace(/^http:\/\//, ""), code: "base-url-invalid" },
  { row: 9, title: "quotes", paste: (base) => `'${base}'`, code: "base-url-invalid" },
  { row: 10, title: "https", paste: (base) => base.replace(/^http:/, "https:"), code: "base-url-scheme" },
];

const SHOWN = {
  "base-url-path": MODEL_IS_BLAMED,
  "base-url-invalid": /Invalid URL|not a valid URL|invalid_url/i,
  "base-url-scheme": /EPROTO|SSL|TLS|certificate|WRONG_VERSION/i,
};

const wrongBases = inLayers(["shell", "user", "project", "local"], (layer) =>
  pasted.map(({ row, title, paste, code = "base-url-path" }) => ({
    row,
    title: `${title} in ${layer.title}`,
    breakSetup: (given) => layer.put(given, direct(given, { ANTHROPIC_BASE_URL: paste(given.sandbox.url) })),
    shows: SHOWN[code],
    code,
    names: (given) => [paste(given.sandbox.url), layer.place(given, "ANTHROPIC_BASE_URL")],
    right: ({ sandbox }) => `right value is ${sandbox.url}`,
    mend: "fix",
  })),
).flat();

/** Addresses of the daemon that aren't. */
const ofTheDaemon = [
  {
    row: 10,
    title: "https to the daemon",
    spoil: (url) => url.replace("http:", "https:"),
    shows: SHOWN["base-url-scheme"],
    code: "base-url-scheme",
  },
  {
    row: 50,
    title: "the port that the daemon had before",
    spoil: (url, { closed }) => url.replace(/\d+$/, closed),
    shows: /ECONNREFUSED/,
    code: "base-url-port",
  },
  {
    row: 51,
    title: "localhost",
    spoil: (url) => url.replace("127.0.0.1", "localhost"),
    answers: true,
    isWarning: true,
    code: "base-url-host",
  },
].flatMap(({ title, spoil, ...more }) =>
  inLayers(["user", "local"], (layer) => ({
    ...more,
    title: `${title} in ${layer.title}`,
    async breakSetup(given) {
      await given.setUp();
      given.closed = String(await given.closedPort());
      if (layer === layers.user)
        given.write(USER, given.read(USER).replace(given.daemonUrl, spoil(given.daemonUrl, given)));
      else layer.put(given, { ANTHROPIC_BASE_URL: spoil(given.daemonUrl, given) });
    },
    names: (given) => [spoil(given.daemonUrl, given), layer.place(given, "ANTHROPIC_BASE_URL")],
    right: ({ daemonUrl }) => `right value is ${daemonUrl}`,
    mend: "fix",
    // The undo takes the whole setup back, of which this is one key.
    undoes: layer !== layers.user,
  })),
);

const missing = inLayers(["shell", "user"], (layer) => ({
  row: 12,
  title: `the key and no base URL in ${layer.title}`,
  // Claude Code goes to Anthropic's own host: only where nothing but this machine can be reached.
  needs: isOffline ? undefined : "without a network namespace it would ask api.anthropic.com",
  breakSetup: (given) => layer.put(given, without(direct(given), "ANTHROPIC_BASE_URL")),
  shows: /Unable to connect|ENOTFOUND|EAI_AGAIN|ConnectionRefused|ECONNREFUSED|FailedToOpenSocket/,
  code: "base-url-missing",
  names: ["api.anthropic.com", "ANTHROPIC_BASE_URL"],
  right: ({ sandbox }) => `right value is ${sandbox.url}`,
  mend: "fix",
}));

export const addresses = [...wrongBases, ...ofTheDaemon, ...missing];
