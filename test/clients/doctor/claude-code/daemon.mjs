// The daemon that isn't there, or is another; what stands between; what the hosted API doesn't take.

import { expect } from "../../support/checks.mjs";
import { daemonStopped } from "../../support/daemon-cases.mjs";
import { direct, inLayers, local, USER } from "./kit.mjs";

const REFUSED = /ECONNREFUSED|ConnectionRefused|Connection refused/;

const stopped = daemonStopped({ shows: REFUSED, names: (given) => [`127.0.0.1:${given.port}`] });

const leftover = {
  row: 25,
  title: "an address that another program left behind, where nothing listens",
  async breakSetup(given) {
    given.closed = await given.closedPort();
    given.write(USER, { env: local({ daemonUrl: `http://127.0.0.1:${given.closed}`, token: "dummy" }) });
  },
  shows: REFUSED,
  isWarning: true,
  code: "base-url-port",
  names: (given) => [`http://127.0.0.1:${given.closed}`, `${given.path(USER)}:3:27`],
  mend: "fix",
};

const behindAProxy = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"].flatMap((name) =>
  inLayers(["shell", "user"], (layer) => ({
    row: 26,
    title: `${name} without NO_PROXY in ${layer.title}`,
    async breakSetup(given) {
      await given.startDaemon();
      const wrong = { [name]: "http://127.0.0.1:9" };
      given.write(USER, { env: local(given) });
      return layer.put(given, layer.title === "the shell" ? wrong : local(given, wrong));
    },
    shows: REFUSED,
    code: "no-proxy-missing",
    names: (given) => [layer.place(given, name)],
    right: "NO_PROXY",
    mend: "fix",
    // An undo without a receipt takes all of zenthrex's settings away, by hand or not.
    undoes: false,
  })),
);

const ofAnotherVersion = {
  row: 49,
  title: "a daemon of another version",
  async breakSetup(given) {
    await given.setUp({ version: "0.0.1" });
  },
  answers: true,
  isWarning: true,
  code: "daemon-version",
  names: ["0.0.1"],
  mend: "fix",
};

/** An API that doesn't know the fields of Claude Code's betas. */
function refusesBetas({ path, body }) {
  if (!path.startsWith("/v1/messages") || !body.includes('"context_management"')) return undefined;
  const error = { type: "invalid_request_error", message: "context_management: Extra inputs are not permitted" };
  return { status: 400, body: { type: "error", error } };
}

const betas = inLayers(["shell", "user"], (layer) => ({
  row: 41,
  title: `an API that refuses the fields of a beta; the address is in ${layer.title}`,
  async breakSetup(given) {
    const gate = await given.startGate((request) => {
      const refusal = refusesBetas(request);
      if (refusal !== undefined && given.isMended) given.refused = true;
      return refusal;
    });
    return layer.put(given, direct(given, { ANTHROPIC_BASE_URL: gate.url }));
  },
  // It tries again without the fields, with every prompt.
  answers: true,
  code: "beta-fields",
  names: ["context_management"],
  right: "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS",
  mend: "fix",
  proves: (given) => expect(given.refused !== true, "it still sends the fields"),
}));

export const daemon = [stopped, leftover, ...behindAProxy, ofAnotherVersion, ...betas];
