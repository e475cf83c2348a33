import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../../support/free-port.ts";
import { root } from "../../support/source-files.ts";
import { temporaryHome } from "../../support/temporary-home.ts";

const UNSHARE = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

/**
 * True in a container whose root may have namespaces and has the programs. On a machine that systemd itself booted nothing is tried:
 * a second manager of the same user would be in the first one's way.
 */
function canRunManager(): boolean {
  if (process.getuid?.() !== 0 || existsSync("/run/systemd/system")) return false;
  return (
    ["systemctl", "systemd"].every((program) => spawnSync(program, ["--version"]).status === 0) &&
    spawnSync("unshare", [...UNSHARE, "mount", "-t", "tmpfs", "tmpfs", "/run"]).status === 0
  );
}

/** A real `systemd --user` in namespaces of its own, which end with the script and everything that it started. */
function runUnderSystemd(home: string, script: string): Promise<string> {
  const file = join(home, "script.sh");
  const prelude = [
    "mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system /run/user/0",
    `systemd --user > ${home}/systemd.out 2>&1 &`,
    "for try in $(seq 100); do systemctl --user is-system-running > /dev/null 2>&1 && break; sleep 0.1; done",
    `zenthrex() { ${process.execPath} ${root}bin/zenthrex.js "$@"; }`,
    "pid() { zenthrex status --json | grep -o '\"pid\": [0-9]*' | tr -dc 0-9; }",
    "until_running() { for try in $(seq 100); do zenthrex status > /dev/null && return; sleep 0.1; done; }",
  ];
  writeFileSync(file, `${prelude.join("\n")}\n${script}`);
  const env = { PATH: process.env["PATH"], HOME: home, XDG_RUNTIME_DIR: "/run/user/0" };
  const child = spawn("unshare", [...UNSHARE, "bash", file], { env, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return new Promise((resolve, reject) => {
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (part: Buffer) => {
        text += part.toString();
      });
    child.on("error", reject);
    child.on("close", () => resolve(text));
  });
}

describe.runIf(process.platform === "linux" && canRunManager())("under a real systemd", () => {
  it("is installed, comes back after kill -9, restarts, stops for good and is removed", async () => {
    const home = temporaryHome();
    mkdirSync(join(home, ".config"), { mode: 0o700 });
    const script = `
      zenthrex config set port ${await freePort()}
      printf zk_live_0123456789 | zenthrex login --key-stdin --no-verify > /dev/null
      zenthrex service install > /dev/null; echo "installed $?"
      first=$(pid); grep -q zenthrex.service /proc/$first/cgroup; echo "in its unit $?"
      grep -E '^(Umask|NoNewPrivs)' /proc/$first/status | tr -s '[:space:]' ' '; echo
      kill -9 $first; sleep 1.2; until_running; second=$(pid)
      [ "$first" != "$second" ]; echo "came back $?"
      zenthrex restart | grep -o 'as a service of systemd'; third=$(pid)
      [ "$second" != "$third" ]; echo "restarted $?"
      zenthrex service status > /dev/null; echo "status $?"
      zenthrex stop 2>&1 | grep -o 'systemd starts it again when you log in'
      sleep 1.5; zenthrex status > /dev/null; echo "stays stopped $?"
      systemctl --user start zenthrex; until_running; echo "started"
      zenthrex service uninstall > /dev/null; echo "removed $?"
      zenthrex status > /dev/null; echo "serves no more $?"
      systemctl --user cat zenthrex > /dev/null 2>&1; echo "unknown $?"
    `;
    expect((await runUnderSystemd(home, script)).split("\n").slice(1)).toEqual([
      "installed 0",
      "in its unit 0",
      "Umask: 0077 NoNewPrivs: 1 ",
      "came back 0",
      "as a service of systemd",
      "restarted 0",
      "status 0",
      "systemd starts it again when you log in",
      "stays stopped 1",
      "started",
      "removed 0",
      "serves no more 1",
      "unknown 1",
      "",
    ]);
  }, 60_000);
});
