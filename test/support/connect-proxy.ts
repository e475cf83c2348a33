import { connect } from "node:net";
import { type RawConnection, type RawUpstream, type RawUpstreamOptions, startRawUpstream } from "./raw-upstream.ts";

/** How a proxy answers CONNECT: "tunnel" opens one, "silent" says nothing, "close" and "reset" end the connection, bytes are sent as they are. */
export type ConnectAnswer = "tunnel" | "silent" | "close" | "reset" | { readonly bytes: string };

async function tunnel(connection: RawConnection, authority: string): Promise<void> {
  const port = Number(authority.slice(authority.lastIndexOf(":") + 1));
  const { socket } = connection;
  const target = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  target.on("error", () => connection.reset());
  socket.on("close", () => target.destroy());
  target.on("close", () => socket.destroy());
  await new Promise<void>((resolve) => target.once("connect", () => resolve()));
  await connection.write("HTTP/1.1 200 Connection established\r\n\r\n");
  const early = connection.takeOver();
  if (early.length > 0) target.write(early);
  socket.pipe(target);
  target.pipe(socket);
  await connection.closed;
}

/** Starts a proxy that tunnels every CONNECT to 127.0.0.1 and the port asked for, or answers as `answer` says. Its `requests` are the CONNECTs. */
export function startConnectProxy(
  answer: () => ConnectAnswer = () => "tunnel",
  options: RawUpstreamOptions = {},
): Promise<RawUpstream> {
  return startRawUpstream(async (connection) => {
    const request = await connection.readRequest();
    const how = answer();
    if (how === "tunnel") await tunnel(connection, request.path);
    else if (how === "close") connection.end();
    else if (how === "reset") connection.reset();
    else if (how !== "silent") await connection.write(how.bytes);
    await connection.closed;
  }, options);
}
