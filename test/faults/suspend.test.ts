import { describe, expect, it } from "vitest";
import { ask, type ClientAnswer, toolHeaders } from "../proxy/support/client.ts";
import { posts, startUpstream, until } from "../proxy/support/test-proxy.ts";
import { jsonAnswer, type RawConnection } from "../support/raw-upstream.ts";
import { startServe } from "./support/serve.ts";

const rounds = 12;

/** A daemon before an upstream whose connections can be ended from outside. */
async function startPair() {
  const connections = new Set<RawConnection>();
  const upstream = await startUpstream(async (request, connection) => {
    if (!connections.has(connection)) {
      connections.add(connection);
      void connection.closed.then(() => connections.delete(connection));
    }
    if (request.method === "POST") await connection.write(jsonAnswer({ type: "message" }));
    else await connection.write(jsonAnswer({ object: "list", data: [] }));
  });
  const served = await startServe({ upstream: upstream.url });
  const headers = { ...toolHeaders, "x-api-key": served.localToken };
  const post = (): Promise<ClientAnswer> => ask(served.port, { headers });
  return { connections, upstream, served, post };
}

describe.skipIf(process.platform === "win32")("a daemon that was stopped and goes on", () => {
  it.each([
    ["ended", (connection: RawConnection) => connection.end()],
    ["reset", (connection: RawConnection) => connection.reset()],
  ])(
    "answers what was asked meanwhile, its idle connections %s by the upstream: none is sent twice [F91 F31]",
    async (_name, close) => {
      const { connections, upstream, served, post } = await startPair();
      const failed: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const width = 1 + (round % 4);
        const before = await Promise.all(Array.from({ length: width }, post));
        expect(before.map(({ status }) => status)).toEqual(Array(width).fill(200));
        served.kill("SIGSTOP");
        for (const connection of connections) close(connection);
        const asked = Array.from({ length: width }, post);
        // The questions are in the daemon's sockets by now, beside the upstream's ends.
        await new Promise((resolve) => setTimeout(resolve, 30));
        served.kill("SIGCONT");
        const answers = await Promise.all(asked);
        failed.push(...answers.filter(({ status }) => status !== 200).map(({ status }) => status));
      }
      expect(failed).toEqual([]);
      const width = Array.from({ length: rounds }, (_, round) => 1 + (round % 4)).reduce((sum, each) => sum + each, 0);
      expect(posts(upstream)).toHaveLength(2 * width);
      await until(() => true);
    },
  );
});
