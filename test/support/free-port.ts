import { createServer } from "node:net";

/** Below the ports that systems hand out by themselves: none of the many servers of other tests can get one in between. */
const ownPorts = { first: 20_000, count: 9_000 };

/** A port that nothing listens on now, and that no server without a wish for its port will be given. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = ownPorts.first + Math.floor(Math.random() * ownPorts.count);
    if (await isFree(port)) return port;
  }
  throw new Error("no free port in 100 tries");
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
