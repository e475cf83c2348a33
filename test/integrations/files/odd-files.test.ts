import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { applyEdit } from "../../../src/integrations/files/apply.ts";
import { readUserFile } from "../../../src/integrations/files/user-file.ts";
import { root } from "../../support/source-files.ts";
import { type SettingsHome, settingsHome, stepFor, treeOf } from "./settings-home.ts";

const apply = ({ path, environment }: SettingsHome) => applyEdit("claude-code", stepFor(path), environment);
const isRoot = process.getuid?.() === 0;
const pipeMaker = "mkfifo";
const NOBODY = 65_534;

describe("what is no settings file [F70]", () => {
  it("a folder in its place is refused", async () => {
    const place = settingsHome();
    mkdirSync(place.path, { recursive: true });
    await expect(apply(place)).rejects.toThrow(
      expect.objectContaining({ code: "ZX_FILE_ACCESS", message: `${place.path} is a folder, not a file` }),
    );
  });

  it("a named pipe is refused at once, without waiting for its writer", async () => {
    const place = settingsHome();
    mkdirSync(dirname(place.path));
    expect(spawnSync(pipeMaker, [place.path]).status).toBe(0);
    await expect(apply(place)).rejects.toThrow(/is a named pipe, not a file/);
  });

  it("a socket is refused", async () => {
    const place = settingsHome();
    mkdirSync(dirname(place.path));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(place.path, resolve));
    await expect(apply(place)).rejects.toThrow(/is a socket, not a file/);
    await new Promise((resolve) => server.close(resolve));
  });

  it("a device is refused", async () => {
    await expect(readUserFile("/dev/null")).rejects.toThrow(/is a device, not a file/);
  });

  it("50 MB are refused unread [F70]", async () => {
    const place = settingsHome("{}");
    truncateSync(place.path, 50_000_000);
    await expect(apply(place)).rejects.toThrow(
      expect.objectContaining({ code: "ZX_FILE_INVALID", message: expect.stringContaining("50 MB") }),
    );
  });

  it("a file of 200 KB is edited all the same", async () => {
    const text = JSON.stringify(
      {
        projects: Array.from({ length: 2_800 }, (_, index) => ({
          id: index,
          path: "/home/user/some/where",
          tools: [],
        })),
      },
      null,
      1,
    );
    const place = settingsHome(text);
    await apply(place);
    expect(readFileSync(place.path, "utf8").startsWith(text.slice(0, -2))).toBe(true);
  });

  it("a file where a folder should be is named", async () => {
    const place = settingsHome();
    writeFileSync(dirname(place.path), "x");
    await expect(apply(place)).rejects.toThrow(expect.objectContaining({ code: "ZX_FILE_ACCESS" }));
    expect(readFileSync(dirname(place.path), "utf8")).toBe("x");
  });

  it("a folder that everybody may write is refused; with the sticky bit it is fine [T14]", async () => {
    const place = settingsHome("{}");
    chmodSync(dirname(place.path), 0o777);
    await expect(apply(place)).rejects.toThrow(/is writable for everyone/);
    chmodSync(dirname(place.path), 0o1777);
    expect((await apply(place)).outcome).toBe("changed");
  });

  it("a file that its owner may not write is refused, even for root [F68]", async () => {
    const place = settingsHome("{}", 0o444);
    await expect(apply(place)).rejects.toThrow(
      expect.objectContaining({
        code: "ZX_FILE_ACCESS",
        message: `${place.path} is read-only`,
        fix: expect.stringContaining("chmod u+w"),
      }),
    );
  });

  it.skipIf(!isRoot)("a file of another user is refused, even for root (needs root to make one)", async () => {
    const place = settingsHome("{}");
    chownSync(place.path, NOBODY, NOBODY);
    await expect(apply(place)).rejects.toThrow(/belongs to another user/);
  });
});

/** Runs one apply in a process that is not root, and prints the error's code and message. Modules are loaded before rights are dropped. */
const child = `
import { applyEdit } from ${JSON.stringify(`${root}dist/integrations/files/apply.js`)};
const { step, environment, user } = JSON.parse(process.argv[1]);
if (user !== null) { process.setgroups([]); process.setgid(user); process.setuid(user); }
try { console.log(JSON.stringify(await applyEdit("claude-code", step, environment))); }
catch (error) { console.log(JSON.stringify({ code: error.code, message: error.message, fix: error.fix })); }
`;

function applyAsUser({ path, environment, home }: SettingsHome): {
  code?: string;
  message?: string;
  fix?: string;
  outcome?: string;
} {
  const input = { step: stepFor(path), environment, user: isRoot ? NOBODY : null };
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", child, JSON.stringify(input)], {
    encoding: "utf8",
    cwd: "/",
    env: { HOME: home },
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

/** Hands a home over to the user that the child runs as. */
function handOver({ home, path }: SettingsHome): void {
  if (!isRoot) return;
  for (const owned of [home, join(home, ".claude"), path]) if (existsSync(owned)) chownSync(owned, NOBODY, NOBODY);
}

describe("permissions, as a user without rights [F68]", () => {
  it("a home of one's own is set up", () => {
    const place = settingsHome("{}");
    handOver(place);
    expect(applyAsUser(place).outcome).toBe("changed");
  });

  it.each([
    ["a read-only file", (place: SettingsHome) => chmodSync(place.path, 0o444), /is read-only/],
    ["an unreadable file", (place: SettingsHome) => chmodSync(place.path, 0o000), /can't read .* permission denied/],
    [
      "a read-only folder",
      (place: SettingsHome) => chmodSync(dirname(place.path), 0o555),
      /can't write .* permission denied/,
    ],
    [
      "an unreadable folder",
      (place: SettingsHome) => chmodSync(dirname(place.path), 0o000),
      /can't read .* permission denied/,
    ],
  ])("%s is refused with what to do, and nothing changes", (_name, spoil, message) => {
    const place = settingsHome("{}");
    handOver(place);
    spoil(place);
    const before = isRoot ? treeOf(place.home) : undefined;
    const { code, message: said, fix } = applyAsUser(place);
    expect(code).toBe("ZX_FILE_ACCESS");
    expect(said).toMatch(message);
    expect(fix).not.toMatch(/sudo|777|root/);
    if (before !== undefined) expect(treeOf(place.home)).toEqual(before);
    chmodSync(dirname(place.path), 0o755);
    chmodSync(place.path, 0o644);
    expect(readFileSync(place.path, "utf8")).toBe("{}");
  });

  it("a home that can't be written is refused when the folder has to be made", () => {
    const place = settingsHome();
    handOver(place);
    chmodSync(place.home, 0o555);
    expect(applyAsUser(place)).toMatchObject({
      code: "ZX_FILE_ACCESS",
      message: expect.stringContaining("permission denied"),
    });
    chmodSync(place.home, 0o755);
  });

  it("without a place for the receipt, the settings stay as they are", () => {
    const place = settingsHome("{}");
    handOver(place);
    const config = join(place.home, ".config");
    mkdirSync(config);
    chmodSync(config, 0o555);
    expect(applyAsUser(place)).toMatchObject({ code: "ZX_FILE_ACCESS", message: expect.stringContaining("receipts") });
    expect(readFileSync(place.path, "utf8")).toBe("{}");
    expect(Object.keys(treeOf(place.home))).toEqual([".claude", ".claude/settings.json"]);
    chmodSync(config, 0o755);
  });

  it.skipIf(!isRoot)("a file of another user is refused (needs root to make one)", () => {
    const place = settingsHome("{}", 0o666);
    handOver(place);
    chownSync(place.path, 0, 0);
    chmodSync(place.path, 0o666);
    expect(applyAsUser(place)).toMatchObject({
      code: "ZX_FILE_ACCESS",
      message: expect.stringContaining("another user"),
    });
  });
});
