import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { withLock } from "../../src/config/lock.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const OLD = new Date(Date.now() - 60_000);

function lockedFile(owner?: object, age?: Date): { file: string; folder: string } {
  const file = join(temporaryHome(), "settings.json");
  const folder = `${file}.zenthrex-lock`;
  if (owner !== undefined) {
    mkdirSync(folder);
    if (Object.keys(owner).length > 0) writeFileSync(join(folder, "owner.json"), JSON.stringify(owner));
    if (age !== undefined) utimesSync(folder, age, age);
  }
  return { file, folder };
}

/** A process id that nobody has. */
function deadPid(): number {
  return spawnSync(process.execPath, ["-e", ""]).pid;
}

describe("the lock of a file", () => {
  it("lets one in at a time, and goes away", async () => {
    const { file, folder } = lockedFile();
    let inside = 0;
    const most: number[] = [];
    await Promise.all(
      Array.from({ length: 30 }, () =>
        withLock(file, async (lock) => {
          most.push(++inside);
          await turn();
          expect(lock.isStillHeld()).toBe(true);
          inside--;
        }),
      ),
    );
    expect(most).toEqual(Array(30).fill(1));
    expect(existsSync(folder)).toBe(false);
  });

  it("goes away when the work fails", async () => {
    const { file, folder } = lockedFile();
    await expect(withLock(file, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(existsSync(folder)).toBe(false);
  });

  it.each([
    ["its owner died", { id: "x", pid: deadPid(), host: hostname() }, undefined],
    ["it is a minute old", { id: "x", pid: process.pid, host: hostname() }, OLD],
    ["its owner on another machine left it a minute ago", { id: "x", pid: 1, host: "elsewhere" }, OLD],
    ["it has no owner and is a minute old", {}, OLD],
  ])("is taken over when %s", async (_name, owner, age) => {
    const { file, folder } = lockedFile(owner, age);
    expect(await withLock(file, async () => readdirSync(folder))).toEqual(["owner.json"]);
    expect(readdirSync(join(file, ".."))).toEqual([]);
  });

  it("is taken over by one of many, while the others wait", async () => {
    const { file } = lockedFile({ id: "x", pid: deadPid(), host: hostname() });
    let inside = 0;
    const most: number[] = [];
    const work = async (): Promise<void> => {
      most.push(++inside);
      await sleep(1);
      inside--;
    };
    await Promise.all(Array.from({ length: 30 }, () => withLock(file, work)));
    expect(most).toEqual(Array(30).fill(1));
  });

  it("is waited for while its owner lives, however it is asked", async () => {
    const { file, folder } = lockedFile({ id: "x", pid: process.pid, host: hostname() });
    let entered = false;
    const waiting = withLock(file, async () => {
      entered = true;
    });
    await sleep(100);
    expect(entered).toBe(false);
    rmSync(folder, { recursive: true });
    await waiting;
    expect(entered).toBe(true);
  });

  it("tells an owner that slept for too long that it is no longer the owner, and leaves the new one's lock", async () => {
    const { file, folder } = lockedFile();
    await withLock(file, async (slept) => {
      utimesSync(folder, OLD, OLD);
      await withLock(file, async (taker) => {
        expect([slept.isStillHeld(), taker.isStillHeld()]).toEqual([false, true]);
        writeFileSync(join(folder, "owner.json"), JSON.stringify({ id: "third", pid: process.pid, host: hostname() }));
      });
      expect(JSON.parse(readFileSync(join(folder, "owner.json"), "utf8")).id).toBe("third");
    });
    expect(existsSync(folder)).toBe(true);
  });

  it("that can't be made says so", async () => {
    const { file } = lockedFile();
    await expect(withLock(join(file, "missing", "x"), async () => 1)).rejects.toThrow(
      expect.objectContaining({ code: "ZX_FILE_ACCESS" }),
    );
  });
});
