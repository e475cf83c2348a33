import { describe, expect, it } from "vitest";
import { openRaw, streamBody } from "../proxy/support/client.ts";
import { chunked, shortFrames, sseHead } from "../proxy/support/sse.ts";
import { localToken, posts, startPair, until } from "../proxy/support/test-proxy.ts";

function post(port: number, body: string): string {
  return (
    `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\nx-api-key: ${localToken}\r\n` +
    `content-length: ${body.length}\r\n\r\n${body}`
  );
}

describe("requests sent behind one that still runs", () => {
  it.each(["reset", "closed", "half closed"])("end with it when the client leaves: %s [F4 F5 F21]", async (how) => {
    const { upstream, proxy } = await startPair(async (_request, connection) => {
      await connection.write(sseHead + chunked([Buffer.from(shortFrames[0] ?? "")]).toString());
    });
    const client = openRaw(proxy.port, post(proxy.port, streamBody).repeat(3));
    await until(() => upstream.requests.length === 3 && client.received().includes("message_start"));
    if (how === "reset") client.socket.resetAndDestroy();
    else if (how === "closed") client.socket.destroy();
    else client.socket.end();
    await proxy.untilEnded(3);
    expect(proxy.ended.map(({ outcome }) => outcome)).toEqual(["client_aborted", "client_aborted", "client_aborted"]);
    await until(() => upstream.openConnections() === 0);
    expect(posts(upstream)).toHaveLength(3);
  });
});
