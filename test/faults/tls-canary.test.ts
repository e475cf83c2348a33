import { writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { main } from "../../src/cli/main.ts";
import { ask, toolHeaders } from "../proxy/support/client.ts";
import { daemonHome, localTokenIn } from "../support/background.ts";
import { hasOpenssl, makeCertificates, type TestCertificates } from "../support/certificates.ts";
import { fakeContext } from "../support/fake-context.ts";
import { jsonAnswer, startRawUpstream } from "../support/raw-upstream.ts";
import { runMain } from "../support/run-main.ts";
import { canaryKeys, canaryPrompt, filesWith, foundIn, spellingsOf } from "./support/canary.ts";

const key = canaryKeys.odd;
const words = spellingsOf(key);

const asked: readonly (readonly [string, object])[] = [
  ["/v1/messages", { model: "claude-opus-4-7", max_tokens: 9, messages: [{ role: "user", content: canaryPrompt }] }],
  ["/v1/chat/completions", { model: "claude-opus-4-7", messages: [{ role: "user", content: canaryPrompt }] }],
  ["/v1/responses", { model: "claude-opus-4-7", input: canaryPrompt }],
];

/** A place that is connected to: where, and all that came in as plain text. */
interface Place {
  readonly port: number;
  readonly heard: () => string;
}

async function listen(onSocket: (socket: Socket, heard: (bytes: Buffer) => void) => void): Promise<Place> {
  let heard = "";
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    onSocket(socket, (bytes) => {
      heard += bytes.toString("latin1");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const address = server.address();
  return { port: address !== null && typeof address === "object" ? address.port : 0, heard: () => heard };
}

/** A server that says something, or nothing, to the first bytes of a handshake, and leaves. */
const answersHello = (leave: "end" | "reset", bytes: Buffer | string) => (): Promise<Place> =>
  listen((socket, heard) =>
    socket.on("data", (chunk) => {
      heard(chunk);
      if (bytes.length > 0) socket.write(bytes);
      if (leave === "end") socket.end();
      else setTimeout(() => socket.resetAndDestroy(), 5);
    }),
  );

/** A server with a certificate, that writes down what it is told. */
const presents =
  (choose: (certificates: TestCertificates) => { key: string; cert: string }) => async (): Promise<Place> => {
    const upstream = await startRawUpstream(
      async (connection) => {
        await connection.readRequest();
        await connection.write(jsonAnswer({}));
      },
      { tls: choose(certificates) },
    );
    onTestFinished(() => upstream.close());
    return {
      port: upstream.port,
      heard: () => upstream.requests.map(({ head, body }) => head + body.toString()).join(""),
    };
  };

let certificates: TestCertificates;
const isHere = hasOpenssl();
beforeAll(() => {
  if (isHere) certificates = makeCertificates();
});

const faults: readonly (readonly [string, () => Promise<Place>])[] = [
  ["an expired certificate", presents(({ expired }) => expired)],
  ["one that is not valid yet", presents(({ notYetValid }) => notYetValid)],
  ["one of another host", presents(({ otherHost }) => otherHost)],
  ["one that is signed by itself", presents(({ selfSigned }) => selfSigned)],
  ["one of an authority that nobody knows", presents(({ good }) => good)],
  ["a reset before the handshake", () => listen((socket) => socket.resetAndDestroy())],
  ["a reset within the handshake", answersHello("reset", "")],
  ["an end within the handshake", answersHello("end", "")],
  ["an alert", answersHello("end", Buffer.from([0x15, 3, 3, 0, 2, 2, 40]))],
  ["half a server hello", answersHello("end", Buffer.from([0x16, 3, 3, 0, 0x7a, 2, 0, 0, 0x76, 3, 3]))],
  ["plain HTTP", answersHello("end", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")],
  ["bytes of no protocol", answersHello("reset", Buffer.alloc(2_000, 0xa5))],
];

/** A proxy that writes down all that passes through it. */
function startLoggingProxy(): Promise<Place> {
  return listen((socket, heard) => {
    let target: Socket | undefined;
    socket.on("close", () => target?.destroy());
    socket.on("data", (chunk) => {
      heard(chunk);
      if (target !== undefined) {
        target.write(chunk);
        return;
      }
      const port = Number(/^CONNECT [^:]+:(\d+)/.exec(chunk.toString("latin1"))?.[1]);
      target = connect(port, "127.0.0.1");
      target.on("error", () => socket.resetAndDestroy());
      target.on("close", () => socket.destroy());
      target.on("connect", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      target.on("data", (answer: Buffer) => {
        heard(answer);
        socket.write(answer);
      });
    });
  });
}

const ways = ["directly", "through a proxy that logs"] as const;
const cases = ways.flatMap((way) => faults.map(([name, start]) => [name, way, start] as const));

describe.runIf(isHere)("a connection that isn't proven", () => {
  it.each(cases)(
    "%s, %s: key and prompt go nowhere, no output has them [T12 T13 F28]",
    async (name, way, start) => {
      const place = await start();
      const proxy = way === "directly" ? undefined : await startLoggingProxy();
      const origin = `https://${proxy === undefined ? "127.0.0.1" : "upstream.test"}:${place.port}`;
      const home = daemonHome();
      const env = {
        ZENTHREX_UPSTREAM: origin,
        ...(proxy && { HTTPS_PROXY: `http://user:pass@127.0.0.1:${proxy.port}` }),
      };
      const config = join(home, ".config/zenthrex/config.json");
      await runMain(["login", "--key-stdin", "--no-verify"], { home, env, stdinText: key });
      if (!name.includes("nobody knows")) {
        const ca = join(home, "ca.pem");
        writeFileSync(ca, certificates.ca);
        await runMain(["config", "set", "network.caFile", ca], { home, env });
      }
      const context = fakeContext({ home, env });
      const ended = main(["serve", "--port", "0", "--json", "--verbose", "--drain", "0"], context);
      onTestFinished(async () => {
        context.signal();
        await ended;
      });
      const { port } = JSON.parse((await context.until(/^\{"type":"ready".*$/m))[0]) as { port: number };
      const headers = { ...toolHeaders, "x-api-key": localTokenIn(home) };
      const told = await Promise.all(
        asked.flatMap(([path, body]) =>
          [false, true].map((stream) => ask(port, { path, headers, body: JSON.stringify({ ...body, stream }) })),
        ),
      );
      told.push(await ask(port, { method: "GET", path: "/v1/whoami", headers }));
      for (const { status, text, rawHeaders } of told) {
        expect([status, foundIn(rawHeaders.join("\n") + text, [...words, canaryPrompt])]).toEqual([502, undefined]);
      }
      const commands = [["whoami"], ["models"], ["login", "--key-stdin"]];
      const results = await Promise.all(commands.map((argv) => runMain(argv, { home, env, stdinText: key })));
      expect(results.map(({ exitCode }) => exitCode === 0)).toEqual([false, expect.anything(), false]);
      const said = results.flatMap(({ out, err }) => [out, err]);
      context.signal();
      await ended;
      expect(foundIn([...said, context.out(), context.err()].join("\n"), [...words, canaryPrompt])).toBeUndefined();
      expect(foundIn(place.heard(), [...words, canaryPrompt])).toBeUndefined();
      expect(foundIn(proxy?.heard() ?? "", [...words, canaryPrompt])).toBeUndefined();
      if (proxy !== undefined) expect(proxy.heard()).toContain(`CONNECT upstream.test:${place.port} HTTP/1.1`);
      expect(filesWith(home, [canaryPrompt])).toEqual([]);
      expect(filesWith(home, words, [config])).toEqual([]);
    },
    60_000,
  );

  it("and one that is proven: what passes through a proxy is no word of them [T12 F29]", async () => {
    const place = await presents(({ good }) => good)();
    const proxy = await startLoggingProxy();
    const home = daemonHome();
    const env = {
      ZENTHREX_UPSTREAM: `https://upstream.test:${place.port}`,
      HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
    };
    await runMain(["login", "--key-stdin", "--no-verify"], { home, env, stdinText: key });
    writeFileSync(join(home, "ca.pem"), certificates.ca);
    await runMain(["config", "set", "network.caFile", join(home, "ca.pem")], { home, env });
    const context = fakeContext({ home, env });
    const ended = main(["serve", "--port", "0", "--json", "--drain", "0"], context);
    onTestFinished(async () => {
      context.signal();
      await ended;
    });
    const { port } = JSON.parse((await context.until(/^\{"type":"ready".*$/m))[0]) as { port: number };
    const headers = { ...toolHeaders, "x-api-key": localTokenIn(home) };
    const [path, body] = asked[0] ?? ["", {}];
    expect((await ask(port, { path, headers, body: JSON.stringify(body) })).status).toBe(200);
    expect(place.heard()).toContain(key);
    expect(place.heard()).toContain(canaryPrompt);
    expect(proxy.heard().length).toBeGreaterThan(1_000);
    expect(foundIn(proxy.heard(), [...words, canaryPrompt])).toBeUndefined();
  });
});
