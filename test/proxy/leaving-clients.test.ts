import { describe, expect, it } from "vitest";
import { jsonAnswer, type RawConnection } from "../support/raw-upstream.ts";
import { ask, openRaw, type RawClient, smallBody, streamBody } from "./support/client.ts";
import { chunked, shortFrames, sseHead } from "./support/sse.ts";
import { localToken, posts, startPair, until } from "./support/test-proxy.ts";

function post(port: number, body: string, extra = ""): string {
  return (
    `POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nX-Api-Key: ${localToken}\r\n` +
    `${extra}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

const leavings: readonly (readonly [name: string, leave: (client: RawClient) => void])[] = [
  ["a reset", ({ socket }) => void socket.resetAndDestroy()],
  ["a close", ({ socket }) => void socket.destroy()],
  ["half a close", ({ socket }) => void socket.end()],
];

/** What the upstream has said when the client leaves. */
const phases: readonly (readonly [name: string, body: string, said: string])[] = [
  ["before the answer, streaming", streamBody, ""],
  ["before the answer, not streaming", smallBody, ""],
  ["behind the head of a stream", streamBody, sseHead],
  [
    "in the middle of a stream",
    streamBody,
    sseHead + chunked([Buffer.from(shortFrames.slice(0, 3).join(""))]).toString(),
  ],
  [
    "in the middle of a body",
    smallBody,
    'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"id":',
  ],
];

describe("a client that leaves", () => {
  for (const [phase, body, said] of phases) {
    it.each(leavings)(`${phase}, by %s, ends the upstream call at once [F3 F4 F5]`, async (_name, leave) => {
      const connections: RawConnection[] = [];
      const { upstream, proxy } = await startPair(async (_request, connection) => {
        connections.push(connection);
        if (said !== "") await connection.write(said);
      });
      const client = openRaw(proxy.port, post(proxy.port, body));
      await until(() => connections.length === 1);
      if (said.includes("\r\n\r\n") && said !== sseHead) await until(() => client.received().length > 0);
      leave(client);
      await connections[0]!.closed;
      await proxy.untilEnded(1);
      expect(proxy.ended).toMatchObject([{ outcome: "client_aborted", route: "messages" }]);
      expect(posts(upstream)).toHaveLength(1);
      expect(upstream.openConnections()).toBe(0);
      client.socket.destroy();
    });
  }

  it("keeps the usage that it had seen [F4]", async () => {
    const { proxy } = await startPair(async (_request, connection) => {
      await connection.write(sseHead + chunked([Buffer.from(shortFrames.slice(0, 3).join(""))]).toString());
    });
    const client = openRaw(proxy.port, post(proxy.port, streamBody));
    await until(() => client.received().includes("text_delta"));
    client.socket.destroy();
    await proxy.untilEnded(1);
    expect(proxy.ended[0]).toMatchObject({
      outcome: "client_aborted",
      status: 200,
      stream: true,
      usage: { inputTokens: 3, outputTokens: 1 },
      modelServed: "claude-opus-4-7",
    });
  });

  it("in the middle of its own body never reaches the upstream, and leaves a record [F2]", async () => {
    const { upstream, proxy } = await startPair(() => undefined);
    const bytes = post(proxy.port, smallBody);
    const client = openRaw(proxy.port, bytes.slice(0, -20));
    await until(() => client.socket.bytesWritten > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.socket.destroy();
    await proxy.untilEnded(1);
    expect(proxy.started).toHaveLength(1);
    expect(proxy.ended[0]).toMatchObject({ outcome: "client_aborted" });
    expect(upstream.requests).toHaveLength(0);
  });

  it("in the middle of its headers leaves nothing at all [F1]", async () => {
    const { upstream, proxy } = await startPair(() => undefined);
    const client = openRaw(proxy.port, post(proxy.port, smallBody).slice(0, 60));
    await until(() => client.socket.bytesWritten > 0);
    client.socket.destroy();
    await client.closed;
    expect((await ask(proxy.port, { method: "HEAD", path: "/api/hello", headers: {} })).status).toBe(200);
    expect(upstream.requests).toHaveLength(0);
    expect(proxy.started).toEqual([]);
  });

  it("while the list of models is asked for reaches the upstream with nothing", async () => {
    const { upstream, proxy } = await startPair(() => undefined);
    const client = openRaw(proxy.port, post(proxy.port, smallBody.replace("claude-opus-4-7", "claude-opus-9-9")));
    await until(() => upstream.requests.length === 1);
    expect(upstream.requests[0]!.method).toBe("GET");
    client.socket.destroy();
    await proxy.untilEnded(1);
    expect(posts(upstream)).toHaveLength(0);
  });

  it("leaves the others alone: 100 leave, 100 stay [F4]", async () => {
    const connections: RawConnection[] = [];
    const { upstream, proxy } = await startPair(async (_request, connection) => {
      connections.push(connection);
      await connection.write(sseHead + chunked([Buffer.from(shortFrames[0]!)]).toString());
    });
    const bytes = post(proxy.port, streamBody, "connection: close\r\n");
    const clients = Array.from({ length: 200 }, () => openRaw(proxy.port, bytes));
    await until(() => clients.every((client) => client.received().includes("message_start")));
    clients.filter((_client, index) => index % 2 === 0).forEach(({ socket }) => void socket.resetAndDestroy());
    await until(() => upstream.openConnections() === 100);
    const rest = chunked([Buffer.from(shortFrames.slice(1).join(""))]).toString();
    for (const connection of connections) if (connection.socket.writable) await connection.write(`${rest}0\r\n\r\n`);
    const stayed = clients.filter((_client, index) => index % 2 === 1);
    await Promise.all(stayed.map((client) => client.closed));
    expect(stayed.every((client) => client.received().includes('"message_stop"'))).toBe(true);
    await proxy.untilEnded(200);
    const outcomes = proxy.ended.map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === "completed")).toHaveLength(100);
    expect(outcomes.filter((outcome) => outcome === "client_aborted")).toHaveLength(100);
    expect(posts(upstream)).toHaveLength(200);
  });
});

describe("requests that share a connection", () => {
  it("are answered in order, each by its own call [F21]", async () => {
    let count = 0;
    const { upstream, proxy } = await startPair((request, connection) => {
      count++;
      return connection.write(jsonAnswer({ number: /"n":(\d)/.exec(request.body.toString())?.[1] }));
    });
    const bodies = [1, 2, 3].map((number) => smallBody.replace("{", `{"n":${number},`));
    const client = openRaw(
      proxy.port,
      post(proxy.port, bodies[0]!) +
        post(proxy.port, bodies[1]!) +
        post(proxy.port, bodies[2]!, "connection: close\r\n"),
    );
    await client.closed;
    expect(
      [
        ...client
          .received()
          .toString()
          .matchAll(/"number":"(\d)"/g),
      ].map((match) => match[1]),
    ).toEqual(["1", "2", "3"]);
    expect(count).toBe(3);
    expect(posts(upstream)).toHaveLength(3);
    await proxy.untilEnded(3);
    expect(new Set(proxy.ended.map(({ id }) => id)).size).toBe(3);
  });
});
