import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ServiceFacts, serviceFor } from "../../../src/daemon/service/service.ts";
import { systemdUnit } from "../../../src/daemon/service/systemd-unit.ts";
import { temporaryHome } from "../../support/temporary-home.ts";
import { xmlProblem } from "../../support/well-formed-xml.ts";

const linux: ServiceFacts = {
  platform: "linux",
  env: {},
  home: "/home/ann",
  uid: 1000,
  userName: "ann",
  nodePath: "/usr/bin/node",
  programPath: "/usr/lib/node_modules/zenthrex/bin/zenthrex.js",
  stateDirectory: "/home/ann/.local/state/zenthrex",
  logFile: "/home/ann/.local/state/zenthrex/daemon-19368.log",
};
const macos: ServiceFacts = {
  ...linux,
  platform: "darwin",
  home: "/Users/ann",
  uid: 501,
  logFile: "/Users/ann/Library/Application Support/zenthrex/daemon-19368.log",
};
const windows: ServiceFacts = {
  ...linux,
  platform: "win32",
  uid: -1,
  env: { USERDOMAIN: "LAPTOP" },
  home: "C:\\Users\\Ann Lee",
  userName: "Ann Lee",
  nodePath: "C:\\Program Files\\nodejs\\node.exe",
  programPath: "C:\\Users\\Ann Lee\\AppData\\Roaming\\npm\\node_modules\\zenthrex\\bin\\zenthrex.js",
  stateDirectory: "C:\\Users\\Ann Lee\\AppData\\Local\\zenthrex\\State",
};

/** Everything that a path may hold and that a format could take for its own. */
const AWKWARD = `/home/a "b" & 'c' <d> $HOME \${X} %h \\e \u00e9`;

const textOf = (facts: ServiceFacts): string => {
  const { content } = serviceFor(facts);
  return facts.platform === "win32" ? content.subarray(2).toString("utf16le") : content.toString();
};

describe("the service of Linux", () => {
  it("is a unit of the user's own systemd", async () => {
    const service = serviceFor(linux);
    expect(service.file).toBe("/home/ann/.config/systemd/user/zenthrex.service");
    await expect(textOf(linux)).toMatchFileSnapshot("../../fixtures/service/systemd.service");
    expect([...service.register, ...service.start].map((command) => command.join(" "))).toEqual([
      "systemctl --user daemon-reload",
      "systemctl --user enable zenthrex.service",
      "systemctl --user restart --no-block zenthrex.service",
    ]);
    expect(service.pidIn("MainPID=4711\n")).toBe(4711);
    expect(service.pidIn("MainPID=0\n")).toBeUndefined();
  });

  it("reads the same files as a shell that has moved them", () => {
    const facts = { ...linux, env: { XDG_CONFIG_HOME: "/data/50% of it", XDG_STATE_HOME: "relative", OTHER: "x" } };
    expect(serviceFor(facts).file).toBe("/data/50% of it/systemd/user/zenthrex.service");
    expect(
      textOf(facts)
        .split("\n")
        .filter((line) => line.startsWith("Environment")),
    ).toEqual(['Environment="XDG_CONFIG_HOME=/data/50%% of it"']);
  });

  it("names nothing that a shell holds but the places of files, so no secret either", () => {
    const env = { ZENTHREX_KEY: "zk_CANARY", HTTPS_PROXY: "http://u:CANARY@p", NODE_EXTRA_CA_CERTS: "CANARY" };
    for (const facts of [linux, macos, windows]) expect(textOf({ ...facts, env })).not.toContain("CANARY");
  });

  it.runIf(spawnSync("systemd-analyze", ["--version"]).status === 0)(
    "is accepted by systemd-analyze verify, whatever a path holds",
    () => {
      const home = temporaryHome();
      for (const [number, folder] of ["/plain", AWKWARD].entries()) {
        const program = join(home, folder, "node");
        mkdirSync(join(home, folder), { recursive: true });
        writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
        const words = [program, `${AWKWARD}/x.js`, "serve", `--log-file=${AWKWARD}`];
        const file = join(home, `zenthrex-${number}.service`);
        writeFileSync(file, systemdUnit(words, [["XDG_CONFIG_HOME", AWKWARD]]));
        const checked = spawnSync("systemd-analyze", ["--user", "verify", file], {
          env: { PATH: process.env["PATH"], HOME: home, XDG_RUNTIME_DIR: home },
        });
        const said = checked.stderr.toString();
        expect([
          folder,
          checked.status,
          said.split("\n").filter((line) => line.includes(`zenthrex-${number}`)),
        ]).toEqual([folder, 0, []]);
      }
    },
  );
});

describe("the service of macOS", () => {
  it("is an agent of launchd", async () => {
    const service = serviceFor(macos);
    expect(service.file).toBe("/Users/ann/Library/LaunchAgents/xyz.zentherixapi.zenthrex.plist");
    await expect(textOf(macos)).toMatchFileSnapshot("../../fixtures/service/launchd.plist");
    expect([...service.register, ...service.reset, ...service.start].map((command) => command.join(" "))).toEqual([
      "launchctl enable gui/501/xyz.zentherixapi.zenthrex",
      "launchctl bootout gui/501/xyz.zentherixapi.zenthrex",
      `launchctl bootstrap gui/501 ${service.file}`,
    ]);
    expect(service.pidIn("\tstate = running\n\n\tprogram = /x\n\tpid = 4711\n")).toBe(4711);
    expect(service.pidIn("\tstate = not running\n")).toBeUndefined();
  });

  it("is well-formed whatever a path holds, and holds it", () => {
    const facts = { ...macos, nodePath: `${AWKWARD}\u0007`, home: AWKWARD, env: { XDG_STATE_HOME: AWKWARD } };
    const text = textOf(facts);
    expect(xmlProblem(text)).toBeUndefined();
    expect(
      text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&"),
    ).toContain(`<string>${AWKWARD}</string>`);
  });
});

describe("the service of Windows", () => {
  it("is a task at logon that starts the daemon in the background", async () => {
    const service = serviceFor(windows);
    expect(service.file).toBe("C:\\Users\\Ann Lee\\AppData\\Local\\zenthrex\\State\\service-task.xml");
    expect([...service.content.subarray(0, 2)]).toEqual([0xff, 0xfe]);
    await expect(textOf(windows)).toMatchFileSnapshot("../../fixtures/service/task.xml");
    expect(service.register).toEqual([["schtasks", "/Create", "/TN", "zenthrex", "/XML", service.file, "/F"]]);
  });

  it("is well-formed whatever a path holds", () => {
    const text = textOf({ ...windows, programPath: `C:\\${AWKWARD}\\`, userName: "a&b <c>" });
    expect(xmlProblem(text)).toBeUndefined();
    expect(text).toContain("<UserId>LAPTOP\\a&amp;b &lt;c&gt;</UserId>");
    // Quotes of a word are escaped, and so are backslashes before its closing quote.
    expect(text).toContain("\\\\&quot; serve --background");
  });
});

describe("other systems", () => {
  it("have none, and are told what to do instead", () => {
    expect(() => serviceFor({ ...linux, platform: "freebsd" })).toThrow(
      expect.objectContaining({ code: "ZX_USAGE", fix: expect.stringContaining("serve --background") }),
    );
  });
});

describe("xmlProblem", () => {
  it.each([
    "<a>",
    "<a></b>",
    "<a/><b/>",
    "<a>&</a>",
    "<a>&x;</a>",
    "<a b=c/>",
    "text",
    "<a>\u0001</a>",
    "<a><</a>",
    '<a b="<"/>',
  ])("finds what is wrong with %j", (text) => expect(xmlProblem(text)).toBeDefined());
  it("finds nothing wrong with a good document", () => {
    expect(xmlProblem('<?xml version="1.0"?>\n<a b="1&amp;"><c/> &#10; <d>x</d></a>\n')).toBeUndefined();
  });
});
