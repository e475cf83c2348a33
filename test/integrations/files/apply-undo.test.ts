import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { applyEdit, previewEdit } from "../../../src/integrations/files/apply.ts";
import { backupsOf } from "../../../src/integrations/files/backups.ts";
import { previewUndo, undoTool } from "../../../src/integrations/files/undo.ts";
import { keysFor, localToken, type SettingsHome, settingsHome, stepFor, treeOf } from "./settings-home.ts";

const apply = ({ path, environment }: SettingsHome, change = {}) =>
  applyEdit("claude-code", stepFor(path, change), environment);
const undo = ({ environment }: SettingsHome) => undoTool("claude-code", [], environment);
const json = (path: string) => JSON.parse(readFileSync(path, "utf8").replace(/^\ufeff/, ""));
const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

const shapes: Record<string, string | Buffer | undefined> = {
  missing: undefined,
  empty: "",
  "white space only": " \n\t",
  "an empty object": "{}",
  "a byte-order mark": '\ufeff{\n  "a": 1\n}\n',
  CRLF: '{\r\n  "a": 1\r\n}\r\n',
  tabs: '{\n\t"env": {\n\t\t"X": "1"\n\t}\n}\n',
  "no final newline": '{\n  "a": 1\n}',
  "one line": '{"a":1,"env":{"X":"1"}}',
  "an empty env": '{ "env": {} }',
  "duplicate env": '{\n  "env": {"X": "0"},\n  "env": {"ANTHROPIC_BASE_URL": "a", "ANTHROPIC_BASE_URL": "b"}\n}\n',
  numbers: '{"env": {"ANTHROPIC_API_KEY": 5, "API_TIMEOUT_MS": 600000}}',
  "another provider": JSON.stringify(
    { env: { ANTHROPIC_BASE_URL: "https://other.example", ANTHROPIC_AUTH_TOKEN: "sk-other" }, model: "x" },
    null,
    4,
  ),
  "foreign keys of every kind":
    '{"permissions":{"allow":["Bash(a:*)"]},\n\n"hooks" : { "x":[ null,true,1e3 ] }, "\\u0065nv": {"é": "ü\\/"}}',
};

describe("applying and undoing", () => {
  it.each(Object.keys(shapes))(
    "sets our keys in a file that is: %s; undoes them to the byte; each only once",
    async (name) => {
      const place = settingsHome(shapes[name]);
      const before = treeOf(place.home);
      const first = await apply(place);
      expect(first.outcome).toBe(shapes[name] === undefined ? "created" : "changed");
      expect(json(place.path).env).toMatchObject({ ANTHROPIC_AUTH_TOKEN: localToken, ANTHROPIC_API_KEY: "" });
      expect(modeOf(place.path)).toBe("600");

      const applied = treeOf(place.home);
      expect(await apply(place)).toEqual({ path: place.path, outcome: "unchanged", backup: undefined });
      expect(treeOf(place.home)).toEqual(applied);

      const [undone] = await undo(place);
      expect(undone).toMatchObject({
        outcome: shapes[name] === undefined ? "deleted" : "restored",
        isExact: true,
        left: [],
      });
      expect(treeOf(place.home)).toEqual(before);
      expect(await undo(place)).toEqual([]);
      expect(treeOf(place.home)).toEqual(before);
    },
  );

  it.each(Object.keys(shapes).filter((name) => shapes[name] !== undefined))(
    "keeps a backup of the bytes of a file that is: %s",
    async (name) => {
      const place = settingsHome(shapes[name]);
      const { backup } = await apply(place);
      expect(backup).toBe(`${place.path}.zenthrex-20261122T120000000Z.bak`);
      expect(readFileSync(backup as string)).toEqual(Buffer.from(shapes[name] as string));
      expect(modeOf(backup as string)).toBe("600");
    },
  );

  it.each([
    ["comments", '{\n  // mine\n  "a": 1\n}', ":2:3: a comment"],
    ["a trailing comma", '{"a": 1,}', ":1:9: a trailing comma"],
    ["a top-level array", "[]", ":1:1: the top level is an array"],
    ["an env that is no object", '{"env": "x"}', ':1:9: "env" is a string'],
    ["null", "null", ":1:1: the top level is null"],
    ["a cut end", '{"a": ', ":1:7: the text ends too early"],
    ["wrong bytes", Buffer.from([0x7b, 0x0a, 0x22, 0xff, 0x22, 0x7d]), ":2:2: not valid UTF-8"],
    ["UTF-16", Buffer.from("\ufeff{}", "utf16le"), ":1:1: the file is UTF-16"],
    ["a deep nesting", `{"a":${"[".repeat(1e6)}`, "is nested deeper than 512 levels"],
  ])("refuses a file with %s, says where, and leaves everything as it is", async (_name, content, message) => {
    const place = settingsHome(content);
    const before = treeOf(place.home);
    await expect(apply(place)).rejects.toThrow(
      expect.objectContaining({
        code: "ZX_FILE_INVALID",
        message: expect.stringContaining(`${place.path}${message.startsWith(":") ? "" : " "}${message}`),
      }),
    );
    expect(treeOf(place.home)).toEqual(before);
    expect(existsSync(place.environment.receiptsFolder)).toBe(false);
  });

  it("previews without writing anything", async () => {
    const place = settingsHome("{}");
    const before = treeOf(place.home);
    const change = await previewEdit("claude-code", stepFor(place.path), place.environment);
    expect(change.before).toBe("{}");
    expect(JSON.parse(change.after ?? "").env.ANTHROPIC_AUTH_TOKEN).toBe(localToken);
    expect(treeOf(place.home)).toEqual(before);
    await apply(place);
    const applied = treeOf(place.home);
    expect(await previewUndo("claude-code", [], place.environment)).toEqual([
      { path: place.path, before: change.after, after: "{}" },
    ]);
    expect(treeOf(place.home)).toEqual(applied);
  });
});

describe("an undo after others wrote", () => {
  it("restores only our keys, where the value is still ours", async () => {
    const place = settingsHome(
      '{\n  "env": {\n    "ANTHROPIC_BASE_URL": "https://old.example",\n    "X": "1"\n  }\n}\n',
    );
    await apply(place);
    const text = readFileSync(place.path, "utf8");
    writeFileSync(place.path, text.replace('"ANTHROPIC_API_KEY": ""', '"ANTHROPIC_API_KEY": "mine", "Y": "2"'));
    const [undone] = await undo(place);
    expect(undone).toMatchObject({ outcome: "restored", isExact: false, left: [["env", "ANTHROPIC_API_KEY"]] });
    expect(json(place.path)).toEqual({
      env: { ANTHROPIC_BASE_URL: "https://old.example", X: "1", ANTHROPIC_API_KEY: "mine", Y: "2" },
    });
  });

  it("works on a file that the tool wrote anew in its own style", async () => {
    const place = settingsHome('{"env":{"X":"1"},"model":"opus"}');
    await apply(place);
    writeFileSync(place.path, JSON.stringify({ ...json(place.path), theme: "dark" }, null, 2));
    await undo(place);
    expect(readFileSync(place.path, "utf8")).toBe(
      JSON.stringify({ env: { X: "1" }, model: "opus", theme: "dark" }, null, 2),
    );
  });

  it("keeps a file that we made, as soon as it holds anything else", async () => {
    const place = settingsHome();
    await apply(place);
    writeFileSync(place.path, JSON.stringify({ theme: "dark", ...json(place.path) }));
    expect((await undo(place))[0]?.outcome).toBe("restored");
    expect(json(place.path)).toEqual({ theme: "dark" });
  });

  it("deletes a file that we made and that the tool only wrote anew", async () => {
    const place = settingsHome();
    await apply(place);
    writeFileSync(place.path, JSON.stringify(json(place.path)));
    expect((await undo(place))[0]?.outcome).toBe("deleted");
    expect(treeOf(place.home)).toEqual({});
  });

  it("keeps a folder that we made, as soon as it holds anything else", async () => {
    const place = settingsHome();
    await apply(place);
    writeFileSync(join(dirname(place.path), "history.jsonl"), "x", { mode: 0o600 });
    await undo(place);
    expect(Object.keys(treeOf(place.home))).toEqual([".claude", ".claude/history.jsonl"]);
  });

  it("has nothing to do when the file is gone, or its folder", async () => {
    for (const gone of ["settings.json", "."]) {
      const place = settingsHome("{}");
      await apply(place);
      rmSync(join(dirname(place.path), gone), { recursive: true });
      expect((await undo(place))[0]?.outcome).toBe("nothing");
      expect(await undo(place)).toEqual([]);
    }
  });

  it("refuses a file that somebody broke, and can be done once it is mended", async () => {
    const place = settingsHome('{"a": 1}');
    await apply(place);
    const good = readFileSync(place.path, "utf8");
    writeFileSync(place.path, `${good},`);
    await expect(undo(place)).rejects.toThrow(expect.objectContaining({ code: "ZX_FILE_INVALID" }));
    writeFileSync(place.path, good);
    await undo(place);
    expect(readFileSync(place.path, "utf8")).toBe('{"a": 1}');
  });

  it("goes by recognised values where the receipt is lost", async () => {
    const place = settingsHome('{"theme": "dark"}');
    await apply(place);
    rmSync(place.environment.receiptsFolder, { recursive: true });
    const recognised = keysFor().map(({ path, value }) => ({ path, value }));
    const files = [{ ...stepFor(place.path).file, recognised }];
    expect((await undoTool("claude-code", files, place.environment))[0]?.outcome).toBe("restored");
    expect(json(place.path)).toEqual({ theme: "dark" });
    expect((await undoTool("claude-code", [{ ...stepFor(place.path).file }], place.environment)).length).toBe(0);
  });

  it("follows a link that was replaced by a copy, and cleans the file behind it too", async () => {
    const place = settingsHome();
    const kept = join(place.home, "dotfiles.json");
    writeFileSync(kept, '{"a": 1}', { mode: 0o600 });
    mkdirSync(dirname(place.path));
    symlinkSync(kept, place.path);
    await apply(place);
    const copy = readFileSync(place.path);
    unlinkSync(place.path);
    writeFileSync(place.path, copy, { mode: 0o600 });
    await undo(place);
    expect([readFileSync(place.path, "utf8"), readFileSync(kept, "utf8")]).toEqual(['{"a": 1}', '{"a": 1}']);
  });
});

describe("setting up again", () => {
  it("changes the values, keeps the first ones for the undo, and makes no backup of what is all ours", async () => {
    const place = settingsHome('{"env": {"ANTHROPIC_BASE_URL": "https://old.example"}}');
    const before = treeOf(place.home);
    await apply(place);
    const second = await apply(place, { set: keysFor(2) });
    expect(second).toEqual({ path: place.path, outcome: "changed", backup: undefined });
    expect(json(place.path).env.ANTHROPIC_BASE_URL).toBe("http://127.0.0.1:2");
    await undo(place);
    expect(treeOf(place.home)).toEqual(before);
  });

  it("gives back keys that are no longer wanted", async () => {
    const place = settingsHome('{"env": {"ANTHROPIC_API_KEY": "mine"}}');
    await apply(place);
    await apply(place, { set: keysFor().slice(0, 2) });
    expect(json(place.path).env.ANTHROPIC_API_KEY).toBe("mine");
  });

  it("takes a value that the user changed meanwhile for the one to restore", async () => {
    const place = settingsHome("{}");
    await apply(place);
    writeFileSync(place.path, readFileSync(place.path, "utf8").replace("127.0.0.1:19368", "127.0.0.1:7"));
    const { backup } = await apply(place);
    expect(readFileSync(backup as string, "utf8")).toContain("127.0.0.1:7");
    await undo(place);
    expect(json(place.path)).toEqual({ env: { ANTHROPIC_BASE_URL: "http://127.0.0.1:7" } });
  });

  it("keeps the five newest backups", async () => {
    const place = settingsHome("{}");
    for (let port = 1; port <= 8; port++) {
      writeFileSync(place.path, `{"turn": ${port}}`);
      await apply(
        { ...place, environment: { ...place.environment, nowMs: place.environment.nowMs + Math.floor(port / 2) } },
        { set: keysFor(port) },
      );
    }
    const kept = (await backupsOf(place.path)).map((path) => json(path).turn);
    expect(kept).toEqual([4, 5, 6, 7, 8]);
  });
});

describe("modes", () => {
  it.each([
    ["private", 0o644, "600"],
    ["private", 0o664, "620"],
    ["private", 0o755, "711"],
    ["private", 0o600, "600"],
    ["owner-only", 0o664, "600"],
    ["as-is", 0o644, "644"],
  ] as const)("%s: %o becomes %s while the secret is inside, and returns", async (access, mode, during) => {
    const place = settingsHome('{"a": 1}');
    chmodSync(place.path, mode);
    await apply(place, { access });
    expect(modeOf(place.path)).toBe(during);
    await undo(place);
    expect(modeOf(place.path)).toBe(mode.toString(8));
  });

  it("are tightened again where somebody opened them", async () => {
    const place = settingsHome("{}");
    await apply(place);
    chmodSync(place.path, 0o644);
    expect((await apply(place)).outcome).toBe("changed");
    expect(modeOf(place.path)).toBe("600");
    expect(await backupsOf(place.path)).toHaveLength(1);
  });

  it("that the user set since are left by the undo", async () => {
    const place = settingsHome("{}", 0o644);
    await apply(place);
    chmodSync(place.path, 0o400);
    chmodSync(place.path, 0o700);
    await undo(place);
    expect(modeOf(place.path)).toBe("700");
  });

  it("of a folder that we make let nobody else in", async () => {
    const place = settingsHome();
    await apply(place);
    expect(modeOf(dirname(place.path))).toBe("700");
    expect(modeOf(place.environment.receiptsFolder)).toBe("700");
    for (const name of readdirSync(place.environment.receiptsFolder)) {
      expect(modeOf(join(place.environment.receiptsFolder, name))).toBe("600");
    }
  });
});

describe("a receipt", () => {
  it("names keys, old values and hashes, never a token [T12]", async () => {
    const place = settingsHome('{"env": {"ANTHROPIC_BASE_URL": "https://old.example"}}', 0o644);
    await apply(place);
    const text = readFileSync(join(place.environment.receiptsFolder, "claude-code.json"), "utf8");
    expect(text).not.toContain(localToken);
    expect(JSON.parse(text)).toMatchObject({
      version: 1,
      tool: "claude-code",
      files: [
        {
          path: place.path,
          createdFile: false,
          createdParents: [],
          modeBefore: 0o644,
          modeAfter: 0o600,
          keys: [
            {
              path: ["env", "ANTHROPIC_BASE_URL"],
              written: ['"http://127.0.0.1:19368"'],
              before: '"https://old.example"',
            },
            {
              path: ["env", "ANTHROPIC_AUTH_TOKEN"],
              written: [expect.stringMatching(/^sha256:[0-9a-f]{64}$/)],
              before: null,
            },
            { path: ["env", "ANTHROPIC_API_KEY"], written: ['""'], before: null },
          ],
        },
      ],
    });
  });

  it("that somebody edited to nonsense is named, and nothing is touched", async () => {
    const place = settingsHome("{}");
    mkdirSync(place.environment.receiptsFolder, { recursive: true });
    for (const nonsense of ["{", "[]", '{"version": 2}', '{"version":1,"tool":"x","files":[{}]}']) {
      writeFileSync(join(place.environment.receiptsFolder, "claude-code.json"), nonsense);
      await expect(apply(place)).rejects.toThrow(/claude-code.json is not a receipt/);
      await expect(undo(place)).rejects.toThrow(/claude-code.json is not a receipt/);
    }
    expect(readFileSync(place.path, "utf8")).toBe("{}");
  });

  it("of one tool doesn't meet that of another", async () => {
    const place = settingsHome("{}");
    await apply(place);
    await applyEdit("other", stepFor(place.path, { set: [{ path: ["other"], value: 1 }] }), place.environment);
    await undo(place);
    expect(json(place.path)).toEqual({ other: 1 });
    await undoTool("other", [], place.environment);
    expect(readFileSync(place.path, "utf8")).toBe("{}");
  });
});

describe("links", () => {
  it("that lead to the file stay, and so does their target's place [T14]", async () => {
    const place = settingsHome();
    const target = join(place.home, "dotfiles", "claude.json");
    mkdirSync(dirname(target));
    writeFileSync(target, '{"a": 1}', { mode: 0o600 });
    mkdirSync(dirname(place.path));
    symlinkSync("../dotfiles/claude.json", place.path);
    const before = treeOf(place.home);
    const { backup } = await apply(place);
    expect(json(target).env.ANTHROPIC_AUTH_TOKEN).toBe(localToken);
    expect(treeOf(place.home)[".claude/settings.json"]).toBe("link to ../dotfiles/claude.json");
    // Not in the folder that the user may keep under version control.
    expect(dirname(backup as string)).toBe(dirname(place.path));
    expect(readdirSync(dirname(target))).toEqual(["claude.json"]);
    await undo(place);
    expect(treeOf(place.home)).toEqual(before);
  });

  it("that dangle are written through, and dangle again after the undo [T14]", async () => {
    const place = settingsHome();
    mkdirSync(dirname(place.path));
    symlinkSync("../elsewhere/claude.json", place.path);
    const before = treeOf(place.home);
    expect((await apply(place)).outcome).toBe("created");
    expect(json(join(place.home, "elsewhere/claude.json")).env.ANTHROPIC_AUTH_TOKEN).toBe(localToken);
    await undo(place);
    expect(treeOf(place.home)).toEqual(before);
  });

  it("that lead to themselves are refused [T14]", async () => {
    const place = settingsHome();
    mkdirSync(dirname(place.path));
    symlinkSync("settings.json", place.path);
    await expect(apply(place)).rejects.toThrow(expect.objectContaining({ code: "ZX_FILE_ACCESS" }));
  });

  it("of the folder are followed", async () => {
    const place = settingsHome();
    mkdirSync(join(place.home, "real"));
    symlinkSync("real", dirname(place.path));
    await apply(place);
    expect(readdirSync(join(place.home, "real"))).toEqual(["settings.json"]);
    await undo(place);
    expect(readdirSync(join(place.home, "real"))).toEqual([]);
  });

  it("that share the file's bytes (hard links) are refused: replacing would part them [T14]", async () => {
    const place = settingsHome("{}");
    linkSync(place.path, join(place.home, "twin.json"));
    await expect(apply(place)).rejects.toThrow(/has 2 hard links/);
    expect(readFileSync(place.path, "utf8")).toBe("{}");
  });
});

describe("names", () => {
  it.each(["with blank", "ünïcødé 家", "new\nline", "quote\"'$(x)"])("of homes may be %j [F74]", async (name) => {
    const outer = settingsHome();
    const place = { ...outer, path: join(outer.home, name, ".claude", "settings.json") };
    await apply(place);
    expect(json(place.path).env.ANTHROPIC_AUTH_TOKEN).toBe(localToken);
    await undo(place);
    expect(treeOf(outer.home)).toEqual({});
  });

  it("that are not absolute are refused", async () => {
    await expect(apply({ ...settingsHome(), path: ".claude/settings.json" })).rejects.toThrow(/not an absolute path/);
  });
});
