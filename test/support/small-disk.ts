import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A disk of its own that can be filled up. */
export interface SmallDisk {
  /** Takes all the space that is left, but for some whole pages of 4096 bytes. */
  readonly fill: (freePages?: number) => void;
  /** Gives some of the space back; without a number all of it. Units: pages of 4096 bytes. */
  readonly free: (pages?: number) => void;
}

/** Units: bytes; tmpfs gives space by pages. */
export const pageBytes = 4096;

/** Why no disk can be mounted here. Shape: undefined where it can. */
export function noSmallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "zenthrex-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "pipe" });
    execFileSync("umount", [folder], { stdio: "pipe" });
    return undefined;
  } catch {
    return "a tmpfs can't be mounted here: it takes Linux and root";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Mounts a disk of 1 MB at a folder until the test has ended. */
export function mountSmallDisk(folder: string): SmallDisk {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", folder]);
  // Lazily: a daemon of the test may still be there.
  onTestFinished(() => void execFileSync("umount", ["-l", folder]));
  const filler = join(folder, "filler");
  let size = 0;
  const shrink = (bytes: number): void => {
    size = Math.max(0, bytes);
    truncateSync(filler, size);
  };
  return {
    fill(freePages = 0) {
      const descriptor = openSync(filler, "a");
      try {
        for (;;) size += writeSync(descriptor, Buffer.alloc(pageBytes, "x"));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      } finally {
        closeSync(descriptor);
      }
      if (freePages > 0) shrink(size - freePages * pageBytes);
    },
    free: (pages) => (pages === undefined ? rmSync(filler) : shrink(size - pages * pageBytes)),
  };
}
