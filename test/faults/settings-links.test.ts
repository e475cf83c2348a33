import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, linkSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { applyEdit } from "../../src/integrations/files/apply.ts";
import { localToken, type SettingsHome, settingsHome, stepFor, treeOf } from "../integrations/files/settings-home.ts";
import { propertyRuns } from "../support/property-runs.ts";

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const apply = ({ path, environment }: SettingsHome) => applyEdit("claude-code", stepFor(path), environment);

/** A way in which a path can lead elsewhere. Shape: `make` gives the file that may be written, or undefined where none may. */
interface LinkShape {
  readonly name: string;
  readonly make: (place: SettingsHome) => string | undefined;
  readonly needsRoot?: true;
}

const shapes: readonly LinkShape[] = [
  {
    name: "a link to a file of the user's elsewhere",
    make: ({ home, path }) => {
      writeFileSync(join(home, "dotfile.json"), "{}");
      symlinkSync(join(home, "dotfile.json"), path);
      return join(home, "dotfile.json");
    },
  },
  {
    name: "three links in a row, relative ones",
    make: ({ home, path }) => {
      writeFileSync(join(home, "real.json"), "{}");
      symlinkSync("real.json", join(home, "second"));
      symlinkSync("../second", join(dirname(path), "first"));
      symlinkSync("first", path);
      return join(home, "real.json");
    },
  },
  {
    name: "a link that dangles",
    make: ({ home, path }) => {
      symlinkSync(join(home, "not-yet.json"), path);
      return join(home, "not-yet.json");
    },
  },
  {
    name: "a link to itself",
    make: ({ path }) => {
      symlinkSync("settings.json", path);
      return undefined;
    },
  },
  {
    name: "a link to a folder",
    make: ({ home, path }) => {
      mkdirSync(join(home, "folder"));
      symlinkSync(join(home, "folder"), path);
      return undefined;
    },
  },
  {
    name: "a link to a pipe",
    make: ({ home, path }) => {
      spawnSync("mkfifo", [join(home, "pipe")]);
      symlinkSync(join(home, "pipe"), path);
      return undefined;
    },
  },
  {
    name: "a link to a device",
    make: ({ path }) => {
      symlinkSync("/dev/null", path);
      return undefined;
    },
  },
  {
    name: "a link to a process's memory",
    make: ({ path }) => {
      symlinkSync("/proc/self/environ", path);
      return undefined;
    },
  },
  {
    name: "a second name of the same file",
    make: ({ home, path }) => {
      writeFileSync(path, "{}");
      linkSync(path, join(home, "twin.json"));
      return undefined;
    },
  },
  {
    name: "a link to a file that has a second name",
    make: ({ home, path }) => {
      writeFileSync(join(home, "one.json"), "{}");
      linkSync(join(home, "one.json"), join(home, "two.json"));
      symlinkSync(join(home, "one.json"), path);
      return undefined;
    },
  },
  {
    name: "a link into a folder that everybody may write",
    make: ({ home, path }) => {
      mkdirSync(join(home, "open"));
      chmodSync(join(home, "open"), 0o777);
      writeFileSync(join(home, "open/settings.json"), "{}");
      symlinkSync(join(home, "open/settings.json"), path);
      return undefined;
    },
  },
  {
    name: "a link to another user's file",
    needsRoot: true,
    make: ({ home, path }) => {
      writeFileSync(join(home, "foreign.json"), "{}");
      chownSync(join(home, "foreign.json"), NOBODY, NOBODY);
      symlinkSync(join(home, "foreign.json"), path);
      return undefined;
    },
  },
];

describe("a settings path that leads elsewhere", () => {
  it("has 12 shapes", () => {
    expect(new Set(shapes.map(({ name }) => name)).size).toBe(12);
  });

  it.each(shapes.filter(({ needsRoot }) => needsRoot !== true || isRoot).map((shape) => [shape.name, shape] as const))(
    "%s: the one file that it means is written, or none [T14]",
    async (_name, { make }) => {
      const place = settingsHome();
      mkdirSync(dirname(place.path), { mode: 0o700 });
      const target = make(place);
      const before = treeOf(place.home);
      if (target === undefined) {
        await expect(apply(place)).rejects.toThrow(
          expect.objectContaining({ code: expect.stringMatching(/^ZX_FILE_/) }),
        );
        expect(treeOf(place.home)).toEqual(before);
        return;
      }
      await apply(place);
      expect(JSON.parse(readFileSync(target, "utf8"))).toHaveProperty("env.ANTHROPIC_AUTH_TOKEN", localToken);
      const after = treeOf(place.home);
      const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
      // Beside it only the backup.
      expect(changed.filter((name) => join(place.home, name) !== target && !name.endsWith(".bak"))).toEqual([]);
    },
  );
});

/** Puts a link in the file's place and takes it away again, as fast as it can. */
const swapper = `
const { renameSync, symlinkSync, writeFileSync, rmSync } = require("node:fs");
const [path, victim] = process.argv.slice(1);
process.stdout.write("ready");
for (;;) {
  try { symlinkSync(victim, path + ".link"); renameSync(path + ".link", path); } catch {}
  try { writeFileSync(path + ".file", "{}"); renameSync(path + ".file", path); } catch {}
}`;

describe("a path that is swapped while it is written", () => {
  const { numRuns } = propertyRuns(10_000);

  it(`never leads the write to a file that must not be written, in ${numRuns} tries [T14]`, async () => {
    const place = settingsHome("{}");
    const victim = join(place.home, "victim.json");
    writeFileSync(victim, '{"victim": true}');
    // With a second name it must not be replaced, whoever links to it.
    linkSync(victim, join(place.home, "victim-twin.json"));
    const before = statSync(victim);
    const child = spawn(process.execPath, ["-e", swapper, place.path, victim], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const outcomes = new Map<string, number>();
    for (let tried = 0; tried < numRuns; tried++) {
      const outcome = await apply(place).then(
        (done) => done.outcome,
        (error: unknown) => (error as { code?: string }).code ?? String(error),
      );
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    child.kill("SIGKILL");
    const after = statSync(victim);
    expect([readFileSync(victim, "utf8"), after.ino, after.mtimeMs, after.nlink]).toEqual([
      '{"victim": true}',
      before.ino,
      before.mtimeMs,
      2,
    ]);
    for (const outcome of outcomes.keys()) expect(outcome).toMatch(/^(changed|created|unchanged|ZX_FILE_\w+)$/);
  }, 600_000);
});
