import { request as httpRequest } from "node:http";
import { isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Way } from "./way.ts";
import { openTcp, openTunnelSocket, type Place, timed, type WayOptions } from "./way-steps.ts";

/**
 * Asks a host whose certificate is out of date what time it is: GET /v1/models needs no credential, and nothing but the Date header of
 * the answer is looked at. It tells a wrong clock here from an old certificate there.
 */
export async function untrustedTime(place: Place, way: Way, options: WayOptions): Promise<number | undefined> {
  const transport = way.proxy.state === "ok" ? undefined : (await openTcp(place, addressesOf(way), options)).socket;
  const choice = options.proxyOf(place.origin);
  const socket =
    transport ?? (choice.kind === "proxy" ? (await openTunnelSocket(place, choice.proxy, options)).socket : undefined);
  if (socket === undefined) return undefined;
  const { value } = await timed<number>("the question for the time", options, (done) => {
    const servername = isIP(place.hostname) === 0 ? place.hostname : "";
    const tls = connectTls({ socket, host: place.hostname, servername, rejectUnauthorized: false });
    tls.on("error", (error) => done(error));
    tls.once("secureConnect", () => {
      const call = httpRequest({
        createConnection: () => tls,
        host: place.hostname,
        path: "/v1/models",
        method: "HEAD",
      });
      call.on("error", (error) => done(error));
      call.once("response", (response) => {
        const time = Date.parse(response.headers.date ?? "");
        done(Number.isNaN(time) ? new Error("no date") : undefined, time);
        tls.destroy();
      });
      call.end();
    });
    return () => void tls.destroy();
  });
  socket.destroy();
  return value;
}

function addressesOf({ dns }: Way): readonly string[] {
  return dns.state === "ok" ? dns.value : [];
}
