import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { watchNetwork } from "../../src/upstream/watch-network.ts";
import { createFakeClock } from "../support/fake-clock.ts";

type Interfaces = Record<string, NetworkInterfaceInfo[]>;

const at = (address: string, internal = false): NetworkInterfaceInfo =>
  address.includes(":")
    ? { address, netmask: "", family: "IPv6", mac: "", internal, cidr: `${address}/64`, scopeid: 0 }
    : { address, netmask: "", family: "IPv4", mac: "", internal, cidr: `${address}/24` };

function watch(initial: Interfaces = { lo: [at("127.0.0.1", true)], wlan0: [at("192.168.1.7")] }) {
  const clock = createFakeClock();
  const changes: string[] = [];
  const state = { interfaces: initial, fails: false };
  const stop = watchNetwork(
    clock,
    () => {
      if (state.fails) throw new Error("not permitted");
      return state.interfaces;
    },
    (change) => changes.push(change),
  );
  return { clock, changes, state, stop };
}

describe("watchNetwork", () => {
  it("is quiet while nothing happens", () => {
    const { clock, changes } = watch();
    clock.advance(3_600_000);
    expect(changes).toEqual([]);
  });

  it.each([6_000, 3_600_000, -6_000, -3_600_000])("tells once of a wall clock that jumped by %i ms [F91]", (jump) => {
    const { clock, changes } = watch();
    clock.advance(5_000);
    clock.jump(jump);
    clock.advance(60_000);
    expect(changes).toEqual(["clock-jump"]);
  });

  it.each([4_000, -4_000])("does not mind a clock that was corrected by %i ms", (jump) => {
    const { clock, changes } = watch();
    clock.jump(jump);
    clock.advance(60_000);
    expect(changes).toEqual([]);
  });

  it("tells of an address that came, went or changed, within 2 s [F91]", () => {
    const { clock, changes, state } = watch();
    for (const next of [
      { wlan0: [at("192.168.1.7")], tun0: [at("10.8.0.2")] },
      { wlan0: [at("192.168.1.7")] },
      { wlan0: [at("172.20.10.2")] },
      {},
    ]) {
      state.interfaces = next;
      clock.advance(2_000);
    }
    expect(changes).toEqual(["interfaces", "interfaces", "interfaces", "interfaces"]);
  });

  it("does not mind order, loopback and link-local addresses", () => {
    const { clock, changes, state } = watch({ a: [at("192.168.1.7"), at("2001:db8::7")] });
    state.interfaces = {
      veth1: [at("fe80::1"), at("169.254.7.7")],
      lo: [at("127.0.0.1", true)],
      a: [at("2001:db8::7"), at("192.168.1.7")],
    };
    clock.advance(60_000);
    expect(changes).toEqual([]);
  });

  it("goes on where the addresses can't be asked for", () => {
    const { clock, changes, state } = watch();
    state.fails = true;
    clock.advance(10_000);
    expect(changes).toEqual(["interfaces"]);
    clock.jump(60_000);
    clock.advance(10_000);
    expect(changes).toEqual(["interfaces", "clock-jump"]);
  });

  it("leaves no timer behind when it is stopped, also from inside the callback", () => {
    const { clock, stop, changes } = watch();
    stop();
    stop();
    clock.jump(60_000);
    clock.advance(10_000);
    expect([clock.pending(), changes]).toEqual([0, []]);

    const other = createFakeClock();
    const stopOther = watchNetwork(
      other,
      () => ({}),
      () => stopOther(),
    );
    other.jump(60_000);
    other.advance(10_000);
    expect(other.pending()).toBe(0);
  });
});
