// Cases that many clients have alike: the daemon's port is closed, and a proxy variable takes its traffic. `more`: what is the client's own.
import { closedPort } from "./daemon.mjs";

/** Row 25: set up for the daemon, which is stopped. `hangs`: the client then waits and has to be ended. */
export const daemonStopped = ({ hangs = false, ...more }) => ({
  row: 25,
  title: "the daemon isn't running",
  async breakSetup(given) {
    const daemon = await given.setUp();
    await daemon.stop();
    given.hangs = hangs;
  },
  code: "daemon-stopped",
  mend: "fix",
  ...more,
});

/** Rows 26 and 27: good settings, which `write(given)` writes, and a proxy that isn't there in the shell; the client waits for it. */
export const proxyTakesAll = (row, write) => ({
  row,
  title: "a proxy variable for all of http",
  async breakSetup(given) {
    given.hangs = true;
    write(given);
    return { HTTP_PROXY: `http://127.0.0.1:${await closedPort()}` };
  },
  code: "no-proxy-missing",
  names: ["HTTP_PROXY in the shell"],
  right: "export NO_PROXY=127.0.0.1,localhost,::1",
  mend: "words",
});
