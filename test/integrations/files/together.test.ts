import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { applyEdit } from "../../../src/integrations/files/apply.ts";
import { editSettings } from "../../../src/integrations/files/edit-settings.ts";
import { undoTool } from "../../../src/integrations/files/undo.ts";
import { propertyRuns } from "../../support/property-runs.ts";
import { root } from "../../support/source-files.ts";
import { keysFor, type SettingsHome, settingsHome, stepFor, treeOf } from "./settings-home.ts";

const files = (place: SettingsHome): string[] => readdirSync(dirname(place.path)).sort();
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));

/** Starts a Node process that runs a module text with the real, built modules. */
function startWriter(text: string, input: object) {
  const source = `import { applyEdit } from ${JSON.stringify(`${root}dist/integrations/files/apply.js`)};\nconst input = JSON.parse(process.argv[1]);\n${text}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source, JSON.stringify(input)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const ready = new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
  const ended = new Promise<string>((resolve) =>
    child.on("close", (code) => resolve(code === 0 ? "ok" : `${code} ${errors}`)),
  );
  return { child, ready, ended };
}

describe("a writer that doesn't lock", () => {
  it("never loses what it wrote while we were at work: we read again [F71]", async () => {
    const place = settingsHome('{"a": 1}');
    let done = false;
    const foreign = async (): Promise<void> => {
      // As soon as our new text is on its way, but not yet in place.
      while (!done && !files(place).some((name) => name.endsWith(".tmp"))) await turn();
      writeFileSync(place.path, '{"a": 1, "theirs": true}');
    };
    const [applied] = await Promise.all([
      applyEdit("claude-code", stepFor(place.path), place.environment).finally(() => {
        done = true;
      }),
      foreign(),
    ]);
    expect(applied.outcome).toBe("changed");
    expect(json(place.path)).toMatchObject({ a: 1, theirs: true, env: { ANTHROPIC_API_KEY: "" } });
    expect(readFileSync(applied.backup as string, "utf8")).toBe('{"a": 1, "theirs": true}');
    expect(files(place)).toHaveLength(2);
    await undoTool("claude-code", [], place.environment);
    expect(readFileSync(place.path, "utf8")).toBe('{"a": 1, "theirs": true}');
  });

  it("that never stops makes us give up, with its bytes in place and nothing left behind", async () => {
    const place = settingsHome('{"n": 0}');
    let done = false;
    const foreign = async (): Promise<void> => {
      for (let n = 1; !done; n++) {
        writeFileSync(`${place.path}.theirs`, `{"n": ${n}}`);
        renameSync(`${place.path}.theirs`, place.path);
        await turn();
      }
    };
    const attempt = applyEdit("claude-code", stepFor(place.path), place.environment).finally(() => {
      done = true;
    });
    await Promise.all([
      expect(attempt).rejects.toThrow(expect.objectContaining({ code: "ZX_FILE_CHANGED" })),
      foreign(),
    ]);
    expect(Object.keys(json(place.path))).toEqual(["n"]);
    expect(files(place)).toEqual(["settings.json"]);
    const text = readFileSync(place.path, "utf8");
    await undoTool("claude-code", [], place.environment);
    expect(readFileSync(place.path, "utf8")).toBe(text);
  });
});

describe("a writer that empties the file before it writes it", () => {
  it("is given the time to finish: an empty file of this moment is not taken for the truth", async () => {
    const place = settingsHome("");
    const attempt = applyEdit("claude-code", stepFor(place.path), place.environment);
    await sleep(30);
    writeFileSync(place.path, '{"theirs": ');
    await sleep(30);
    writeFileSync(place.path, '{"theirs": 1}');
    await attempt;
    expect(json(place.path)).toMatchObject({ theirs: 1, env: { ANTHROPIC_API_KEY: "" } });
  });
});

describe("many processes at once", () => {
  it("50 of them, each with keys of its own: every edit is there, and every foreign key [F71]", {
    timeout: 600_000,
  }, async () => {
    const before = '{\n  "permissions": {\n    "allow": ["Read"]\n  }\n}\n';
    const place = settingsHome(before);
    const edits = propertyRuns(1000).numRuns / 20;
    const text = `for (let turn = 0; turn < input.edits; turn++) {
      const set = [{ path: ["env", "KEY_" + input.writer + "_" + turn], value: String(turn) }];
      await applyEdit("tool-" + input.writer + "-" + turn, { ...input.step, set }, input.environment);
    }`;
    const writers = Array.from(
      { length: 50 },
      (_, writer) =>
        startWriter(text, { writer, edits, step: stepFor(place.path), environment: place.environment }).ended,
    );
    expect(await Promise.all(writers)).toEqual(Array(50).fill("ok"));
    const { env, permissions } = json(place.path);
    expect(Object.keys(env)).toHaveLength(50 * edits);
    expect(permissions).toEqual({ allow: ["Read"] });
    expect(files(place).filter((name) => !name.endsWith(".bak"))).toEqual(["settings.json"]);
    for (let writer = 0; writer < 50; writer++) {
      for (let turnOf = 0; turnOf < edits; turnOf++) await undoTool(`tool-${writer}-${turnOf}`, [], place.environment);
    }
    // The object that one of them made stays when it is not the last to leave.
    expect({ env: {}, ...json(place.path) }).toEqual({ env: {}, permissions: { allow: ["Read"] } });
  });

  it("20 of them for one tool, with different ports: one whole result, and an exact undo", {
    timeout: 60_000,
  }, async () => {
    const place = settingsHome('{"env":{"X":"1"}}');
    const before = treeOf(place.home);
    const text = `await applyEdit("claude-code", input.step, input.environment);`;
    const writers = Array.from(
      { length: 20 },
      (_, port) =>
        startWriter(text, { step: stepFor(place.path, { set: keysFor(port + 1) }), environment: place.environment })
          .ended,
    );
    expect(await Promise.all(writers)).toEqual(Array(20).fill("ok"));
    expect(json(place.path).env.ANTHROPIC_BASE_URL).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await undoTool("claude-code", [], place.environment);
    expect(treeOf(place.home)).toEqual(before);
  });
});

describe("a process that is killed", () => {
  const { seed } = propertyRuns(1);
  // A kill costs 0.1 s, so the full count is five times the quick one and not fifty times.
  const kills = process.env["ZENTHREX_PROPERTY_RUNS"] === "full" ? 200 : 40;

  it(`in the middle of setting up leaves the old bytes or the new ones, ${kills} times (seed ${seed}) [F72]`, {
    timeout: 300_000,
  }, async () => {
    const before = `{\n  "permissions": { "allow": [${'"Bash(ls:*)", '.repeat(400)}"Read"] }\n}\n`;
    const place = settingsHome(before);
    const after = [1, 2].map((port) => editSettings(before, keysFor(port), { name: "", syntax: "json" }));
    const allowed = new Set([before, ...after]);
    const text = `for (let turn = 0; ; turn++) {
      await applyEdit("claude-code", input.steps[turn % 2], input.environment);
      if (turn === 0) console.log("ready");
    }`;
    const steps = [1, 2].map((port) => stepFor(place.path, { set: keysFor(port) }));
    let random = seed;
    const kill = async (): Promise<void> => {
      const { child, ready, ended } = startWriter(text, { steps, environment: place.environment });
      await Promise.race([ready, ended]);
      random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
      await sleep(random % 40);
      child.kill("SIGKILL");
      await ended;
      expect(allowed).toContain(readFileSync(place.path, "utf8"));
    };
    for (let left = kills; left > 0; left -= 4) await Promise.all(Array.from({ length: Math.min(4, left) }, kill));

    await applyEdit("claude-code", steps[0] as (typeof steps)[0], place.environment);
    await undoTool("claude-code", [], place.environment);
    expect(readFileSync(place.path, "utf8")).toBe(before);
    expect(files(place).filter((name) => !name.endsWith(".bak"))).toEqual(["settings.json"]);
    expect(existsSync(`${place.path}.zenthrex-lock`)).toBe(false);
  });
});
