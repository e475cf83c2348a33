import { createHmac } from "node:crypto";
import { createServer, get, type IncomingMessage, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { healthProof, proveDaemon, proveDaemonPatiently } from "../../src/daemon/prove.ts";
import { localToken, startPair } from "../proxy/support/test-proxy.ts";

const token = "zxl_0123456789abcdef0123456789abcdef0123456789a";

function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}

function serveTcp(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onSocket(socket);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}

const proofOf = (secret: string, nonce: string, port: number): string =>
  JSON.stringify({ proof: healthProof(secret, nonce, port) });
const portOf = ({ socket }: IncomingMessage): number => socket.localPort ?? 0;
const nonceOf = (url: string | undefined): string => new URL(url ?? "", "http://x").searchParams.get("nonce") ?? "";

describe("proveDaemon", () => {
  it("knows our daemon by the HMAC of a fresh nonce, and never sends the token [T8]", async () => {
    const seen: string[] = [];
    const port = await serve((request, response) => {
      seen.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
      const proof = createHmac("sha256", token)
        .update(`${nonceOf(request.url)}:${portOf(request)}`)
        .digest("hex");
      response.end(JSON.stringify({ proof }));
    });
    expect(await proveDaemon(port, token)).toBe("ours");
    expect(await proveDaemon(port, token)).toBe("ours");
    expect(seen[0]).toMatch(/^GET \/healthz\?nonce=[0-9a-f]{32} /);
    expect(seen[0]).not.toBe(seen[1]);
    expect(seen.join()).not.toContain(token.slice(4));
  });

  it.each<[string, RequestListener]>([
    [
      "another token's proof",
      (request, response) => response.end(proofOf(`${token}x`, nonceOf(request.url), portOf(request))),
    ],
    ["an old proof, replayed", (request, response) => response.end(proofOf(token, "0".repeat(32), portOf(request)))],
    ["the nonce itself", (request, response) => response.end(nonceOf(request.url))],
    ["nothing", (_request, response) => response.end()],
    [
      "the right proof with a 404",
      (request, response) => {
        response.statusCode = 404;
        response.end(proofOf(token, nonceOf(request.url), portOf(request)));
      },
    ],
    [
      "a redirect to somebody who knows",
      (request, response) => {
        response.writeHead(302, { location: `http://127.0.0.1:1/healthz?nonce=${nonceOf(request.url)}` });
        response.end();
      },
    ],
    [
      "an endless body",
      (_request, response) => {
        const pour = (): void => {
          if (!response.destroyed) response.write("x".repeat(65_536), pour);
        };
        pour();
      },
    ],
    [
      "a cut answer",
      (_request, response) => {
        response.writeHead(200, { "content-length": "64" });
        response.write("0123");
        setTimeout(() => response.destroy(), 20);
      },
    ],
  ])("calls a stranger what answers %s [T8]", async (_what, listener) => {
    expect(await proveDaemon(await serve(listener), token)).toBe("stranger");
  });

  it.each<[string, (socket: Socket) => void]>([
    ["no HTTP", (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n")],
    ["a reset", (socket) => socket.resetAndDestroy()],
    ["nothing at all, for ever", () => undefined],
    [
      "a byte of a header now and then",
      (socket) => {
        socket.write("HTTP/1.1 200 OK\r\n");
        const timer = setInterval(() => socket.write("x"), 200);
        socket.on("close", () => clearInterval(timer));
      },
    ],
  ])("calls a stranger what speaks %s", async (_what, onSocket) => {
    expect(await proveDaemon(await serveTcp(onSocket), token)).toBe("stranger");
  });

  it("calls a stranger who relays the question to the real daemon on another port, and its proof back [T8]", async () => {
    const { proxy } = await startPair(() => undefined);
    expect(await proveDaemon(proxy.port, localToken)).toBe("ours");
    let relayed = "";
    const squatter = await serve((request, response) => {
      const url = `http://127.0.0.1:${proxy.port}${request.url}`;
      get(url, (real) => {
        real.setEncoding("utf8").on("data", (part: string) => {
          relayed += part;
        });
        real.pipe(response);
      });
    });
    expect(await proveDaemon(squatter, localToken)).toBe("stranger");
    expect(relayed).toMatch(/^\{"proof":"[0-9a-f]{64}"\}$/);
  });

  it("finds nothing on a closed port", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) =>
      server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
    );
    await new Promise((resolve) => server.close(resolve));
    expect(await proveDaemon(port, token)).toBe("nothing");
  });
});

describe("proveDaemonPatiently", () => {
  it("asks a second time before it calls anything a stranger, and only then", async () => {
    const asked: string[] = [];
    const late = await proveDaemonPatiently(1, token, async (_port, path) => {
      asked.push(path);
      return asked.length === 1 ? "no answer" : { status: 200, body: proofOf(token, nonceOf(path), 1) };
    });
    expect([late, asked.length]).toEqual(["ours", 2]);
    const answers = { stranger: "no answer", nothing: "refused" } as const;
    for (const [identity, answer] of Object.entries(answers)) {
      let count = 0;
      const found = await proveDaemonPatiently(1, token, async () => {
        count++;
        return answer;
      });
      expect([found, count]).toEqual([identity, identity === "stranger" ? 2 : 1]);
    }
  });
});
