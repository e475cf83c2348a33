import { showBase } from "../show-place.ts";
import type { Found, Problem } from "../types.ts";
import { portOf, rightBase } from "./address.ts";
import { baseProblem } from "./base-problem.ts";
import { daemonOrigin, type Judging } from "./judging.ts";

/** What is wrong with a base on this machine: who holds its port, and how it is written. */
export async function loopbackFlaw(judging: Judging, base: Found, url: URL): Promise<Problem | undefined> {
  const { context, facts } = judging;
  const shown = showBase(base.text);
  const port = portOf(url);
  const holder = await context.identifyPort(port);
  const isDaemonPort = port === context.daemonPort;
  if (holder === "stranger" && isDaemonPort) return portTaken(judging, base, shown);
  if (holder === "stranger") {
    const cause = `${shown} is held by another program, and it is not your zenthrex: prompts and token go there`;
    return baseProblem(
      judging,
      base,
      "base-foreign-port",
      cause,
      "error",
      rightBase(daemonOrigin(context), judging.endpoint.join),
    );
  }
  if (url.protocol === "https:") {
    return baseProblem(judging, base, "base-https-on-local", `${shown} asks for TLS, and the daemon speaks plain http`);
  }
  if (holder === "nothing" && !isDaemonPort) {
    const isMoved = (await context.identifyPort(context.daemonPort)) === "ours";
    const cause = isMoved
      ? `${shown} is an old port: nothing listens there, the daemon is on port ${context.daemonPort}`
      : `${shown} is a leftover: nothing listens on port ${port}, and the daemon's is ${context.daemonPort}`;
    return baseProblem(judging, base, isMoved ? "base-old-port" : "base-dead-port", cause);
  }
  if (holder === "nothing") return daemonDown(judging, base, shown);
  if (/^(0\.0\.0\.0|\[::\])$/.test(url.hostname)) {
    return baseProblem(
      judging,
      base,
      "base-localhost",
      `${url.hostname} is no address to call: the daemon refuses that Host header`,
    );
  }
  if (url.hostname === "localhost") {
    const cause = `localhost may mean [::1] first, where another program can listen: ${facts.title} works only by luck`;
    return baseProblem(judging, base, "base-localhost", cause, "warning");
  }
  return undefined;
}

function portTaken({ facts }: Judging, base: Found, shown: string): Problem {
  return {
    code: "daemon-port-taken",
    severity: "error",
    place: base.place,
    wrong: shown,
    cause: `${shown} is held by another program, and it is not your zenthrex: ${facts.title} sends its prompts there`,
    fix: { text: "Stop that program, or choose another port for both: `zenthrex config set port <port>`" },
  };
}

function daemonDown({ facts }: Judging, base: Found, shown: string): Problem {
  return {
    code: "daemon-down",
    severity: "error",
    place: base.place,
    wrong: shown,
    cause: `${facts.title} goes to the daemon at ${shown}, and nothing listens there: it will be refused after minutes of retries`,
    fix: {
      text: `Run \`zenthrex serve --background\`; or take the settings back: \`zenthrex setup ${facts.tool} --undo\``,
      command: ["serve", "--background"],
    },
  };
}
