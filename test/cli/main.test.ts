import { describe, expect, it } from "vitest";
import { commands } from "../../src/cli/commands/registry.ts";
import { runMain } from "../support/run-main.ts";
import { temporaryHome } from "../support/temporary-home.ts";

const run = (...argv: string[]) => runMain(argv, { home: temporaryHome() });

describe("zenthrex --help", () => {
  it("lists the commands, the options, the exit codes and where to read on, in 80 columns", async () => {
    const { exitCode, out, err } = await runMain(["--help"], {
      home: temporaryHome(),
      programPath: "/opt/zenthrex/bin/zenthrex.js",
    });
    expect([exitCode, err]).toEqual([0, ""]);
    expect(out).toMatchInlineSnapshot(`
      "zenthrex keeps your ZenthrexApi key here and lets every coding tool use it.

      Usage:
        zenthrex <command> [options]

      Serve:
        serve       serve coding tools on this machine, with your key
        sandbox     run the hosted API on this machine, for free
        status      say whether the daemon serves, and how
        stop        stop the daemon
        restart     start the daemon again, with the same options
        service     keep the daemon running, after a reboot too
        logs        show the daemon's own messages: start, warnings, crashes

      Tools:
        setup       point a tool at the daemon, or undo it
        run         start a tool for the daemon and write nothing
        env         print a shell's variables for the daemon

      Key and wallet:
        login       store the key of the hosted API
        logout      remove every copy of the key
        whoami      show the wallet: balance, spending, tokens
        key         copy the key, or print the local token for a tool

      Requests and spending:
        log         list past requests: who, which model, what it cost
        usage       add up past requests: tokens, money, cache
        budget      limit what may be spent in a day or a month
        statusline  print a status line for Claude Code

      Trouble and settings:
        doctor      find the cause of a failure, and the command that mends it
        models      list models, windows, prices and aliases
        config      read and change settings
        completion  print a script for completion in bash, zsh or fish
        uninstall   undo everything: tools, service, daemon, key

      Options:
        --json               print JSON; errors too, as one line on stderr
        --color, --no-color  force or forbid colour (also FORCE_COLOR, NO_COLOR)
        -h, --help           show this help
        -V, --version        print the version

      Exit codes:
        0   it worked
        1   a check failed
        2   wrong usage
        3   no key, or a wrong one
        4   the wallet is empty
        5   network, or a taken port
        6   a file can't be read or written
        70  a bug of zenthrex

      zenthrex <command> --help  options and examples of a command
      /opt/zenthrex/README.md  documentation
      "
    `);
  });

  it.each([[[]], [["-h"]], [["help"]], [["--json"]], [["--no-color", "--help"]]])("is what %j shows", async (argv) => {
    const { exitCode, out } = await run(...argv);
    expect(exitCode).toBe(0);
    expect(out).toBe((await run("--help")).out);
  });

  it("has headings in bold on a terminal, and is set in its width", async () => {
    const { out } = await runMain(["--help"], { home: temporaryHome(), tty: true, color: true, columns: 60 });
    expect(out).toContain("\u001b[1mTools:\u001b[22m");
    const widths = out
      .split("\n")
      .filter((line) => !line.includes("README.md"))
      .map((line) => line.length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(70);
  });
});

describe.each(Object.keys(commands))("zenthrex %s --help", (name) => {
  it("shows usage, examples, exit codes and the JSON shape, in 80 columns", async () => {
    const { exitCode, out, err } = await run(name, "--help");
    expect([exitCode, err]).toEqual([0, ""]);
    for (const part of [`zenthrex ${name}`, "Usage:", "Options:", "--json", "Examples:", "Exit codes:", "JSON:"]) {
      expect(out).toContain(part);
    }
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(out.split("\n").filter((line) => /\s$/.test(line))).toEqual([]);
  });

  it("is the same as help before it, and as `help` with its name", async () => {
    const { out } = await run(name, "--help");
    expect((await run("--help", name)).out).toBe(out);
    expect((await run("help", name)).out).toBe(out);
  });

  it("refuses an unknown option with exit code 2", async () => {
    const { exitCode, out, err } = await run(name, "--no-such-option");
    expect([exitCode, out]).toEqual([2, ""]);
    expect(err).toMatch(/^error: there is no option --no-such-option\nfix: {3}/);
  });
});

describe("a mistyped command line", () => {
  it.each([
    [["sreve"], /no command "sreve"/, /Did you mean zenthrex serve\?/],
    [["whoam"], /no command "whoam"/, /Did you mean zenthrex whoami\?/],
    [["qqqqqqqq"], /no command "qqqqqqqq"/, /See zenthrex --help/],
    [["constructor"], /no command "constructor"/, /See zenthrex --help/],
    [["--prot=secret"], /no option --prot$/m, /See zenthrex --help/],
    [["help", "sreve"], /no command "sreve"/, /zenthrex serve/],
    [["serve", "--prot", "1"], /no option --prot/, /Did you mean --port\?/],
  ])("%j says what was probably meant", async (argv, message, fix) => {
    const { exitCode, out, err } = await run(...argv);
    expect([exitCode, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
    expect(err).toMatch(fix);
    expect(err).not.toContain("secret");
  });

  it("is told in JSON with --json, wherever that stands", async () => {
    for (const argv of [
      ["--json", "sreve"],
      ["serve", "--port", "x", "--json"],
    ]) {
      const { exitCode, err } = await run(...argv);
      expect(exitCode).toBe(2);
      expect(JSON.parse(err)).toMatchObject({ error: { code: "ZX_USAGE", exit_code: 2 } });
    }
  });
});

describe("colour", () => {
  it("is used on a terminal, never without one, and --color and --no-color decide", async () => {
    const home = temporaryHome();
    const escapes = async (argv: string[], options: { tty?: boolean; color?: boolean }): Promise<boolean> =>
      (await runMain(argv, { home, ...options })).out.includes("\u001b[");
    expect(await escapes(["config", "list"], { tty: true, color: true })).toBe(true);
    expect(await escapes(["config", "list"], {})).toBe(false);
    expect(await escapes(["config", "list", "--no-color"], { tty: true, color: true })).toBe(false);
    expect(await escapes(["--color", "config", "list"], {})).toBe(true);
    expect(await escapes(["config", "list", "--json", "--color"], {})).toBe(false);
  });
});

describe("--version", () => {
  it("is answered before the commands are looked at", async () => {
    expect(await run("-V")).toMatchObject({ exitCode: 0, out: "0.0.0-test\n" });
  });
});
