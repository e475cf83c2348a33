// Does what the doctor's fix says, by its text alone, as a reader would: a line of shell, a command of zenthrex, a key of a JSON file.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "./checks.mjs";
import { programIn } from "./daemon.mjs";
import { runZenthrex } from "./doctored-home.mjs";
import { cleanEnv, runProgram } from "./programs.mjs";

const CLIENT_LIMIT_MS = 60_000;

const program = fileURLToPath(new URL("../../../bin/zenthrex.js", import.meta.url));

/** The shell's line at the beginning of a fix: it ends where the sentence goes on. */
const SHELL = /^(?:Run `)?((?:export|unset) [^`,]*?(?:,[^\s`,][^`,]*?)*)(?:`|, (?:or|and) |$)/;
const ZENTHREX = /^(?:Run `)?zenthrex ([a-z][^`,;]*)/;
const IN_FILE = /^(?:Ask your administrator to )?(remove|set) ([\w.]+)(?: to (\S+))? (?:from|in) (\S+?):(\d+):(\d+)/i;
/** A command of the client's own. */
const OF_CLIENT = /^Run `([a-z][\w-]*) ([^`]*)`/;
const IN_TEXT =
  /^Mend (\S+?):(\d+):(\d+): (?:take out the (comment that begins there|comma before it)|put (a comma before it|spaces in the place of the tab))/;
/** Lines that a command of zenthrex prints for this very purpose. */
const EVALUATED = /^eval "\$\(zenthrex [\w -]+\)"/;
/** A line of a start-up file, for the shells that begin from then on. */
const IN_START_UP = /^Set (\w+)=(\S+) at (\S+?):(\d+):(\d+) and start a new shell/;

/** A line of shell, run by a shell: the variables afterwards are the shell's from then on. */
function inShell(line, given) {
  const before = cleanEnv(given.home, given.env);
  const { status, stdout, stderr } = spawnSync("sh", ["-c", `${line}\nenv -0`], { env: before, encoding: "utf8" });
  expect(status === 0, `sh can't run "${line}"`, stderr);
  const after = stdout
    .split("\0")
    .filter((entry) => entry.includes("="))
    .map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]);
  const ownNames = new Set([...Object.keys(cleanEnv(given.home)), "PWD", "OLDPWD", "SHLVL", "_"]);
  given.env = Object.fromEntries(after.filter(([name]) => !ownNames.has(name) || name in given.env));
}

/** The innermost object that has the key at a place of a JSON text, found by what stands there. */
function inJson([, verb, name, value, seen, line, column], given) {
  const file = given.real(seen);
  const text = readFileSync(file, "utf8");
  const lines = text.split("\n").slice(Number(line) - 1);
  const place = lines.join("\n").slice(Number(column) - 1);
  const standing = JSON.parse(/^(?:"(?:[^"\\]|\\.)*"|[^\s,}\]]+)/.exec(place)?.[0] ?? "null");
  let found = 0;
  const change = (object) => {
    for (const [key, now] of Object.entries(object)) {
      if (typeof now === "object" && now !== null) change(now);
      else if (key === name && now === standing) {
        found++;
        if (verb.toLowerCase() === "remove") delete object[key];
        else object[key] = value;
      }
    }
    return object;
  };
  const changed = change(JSON.parse(text));
  expect(found === 1, `${name} stands ${found} times at ${file}:${line}:${column}`, text);
  writeFileSync(file, `${JSON.stringify(changed, undefined, 2)}\n`);
}

/** The value at a place of a start-up file; the shell that begins then has what the file exports. */
function inStartUp([, name, value, file, line, column], given) {
  const lines = readFileSync(file, "utf8").split("\n");
  const text = lines[Number(line) - 1] ?? "";
  const [before, behind] = [text.slice(0, Number(column) - 1), text.slice(Number(column) - 1)];
  expect(before.includes(`${name}=`), `${name} isn't set at ${file}:${line}:${column}`, text);
  lines[Number(line) - 1] = before + value + behind.replace(/^[^\s"';]*/, "");
  writeFileSync(file, lines.join("\n"));
  delete given.env[name];
  inShell(`. ${file}`, given);
}

/** What is missing at a place of a text, or stands there wrongly. */
function putInto(what, before, behind) {
  if (what.startsWith("a comma")) return before.replace(/\s*$/, ",$&") + behind;
  const [own = "", next = ""] = behind.split("\n");
  expect(own.startsWith("\t"), "there is no tab at the place", own);
  return before + (/^ */.exec(next)?.[0] ?? "") + behind.trimStart();
}

/** A text that can't be read: what stands at a place, or before it, is cut out or put there. */
function inText([, file, line, column, what, missing]) {
  const text = readFileSync(file, "utf8");
  const lines = text.split("\n");
  const offset = lines.slice(0, Number(line) - 1).join("\n").length + Number(column) - (Number(line) === 1 ? 1 : 0);
  const [before, behind] = [text.slice(0, offset), text.slice(offset)];
  if (missing !== undefined) return writeFileSync(file, putInto(missing, before, behind));
  const isComment = what.startsWith("comment");
  const [left, right] = isComment
    ? [before, behind.replace(/^(?:\/\/[^\n]*|\/\*.*?\*\/)/s, "")]
    : [before.replace(/,(?=\s*$)/, ""), behind];
  expect(left.length + right.length < text.length, `there is no ${what} at ${file}:${line}:${column}`, text);
  writeFileSync(file, left + right);
}

/** Carries out a printed fix; throws where its text says nothing that can be done. Changes `given.env`, or files. */
export async function carryOut(fix, given) {
  const shell = SHELL.exec(fix);
  if (shell !== null) return inShell(shell[1], given);
  const evaluated = EVALUATED.exec(fix);
  if (evaluated !== null)
    return inShell(`zenthrex() { '${process.execPath}' '${program}' "$@"; }\n${evaluated[0]}`, given);
  const startUp = IN_START_UP.exec(fix);
  if (startUp !== null) return inStartUp(startUp, given);
  const command = ZENTHREX.exec(fix);
  if (command !== null) {
    const done = await runZenthrex(
      [...command[1].trim().split(/\s+/), ...(/^setup/.test(command[1]) ? ["--yes"] : [])],
      {
        home: given.home,
        env: given.env,
      },
    );
    return expect(done.exitCode === 0, `zenthrex ${command[1]} ended with`, { ...done });
  }
  const own = OF_CLIENT.exec(fix);
  if (own !== null) {
    const { home, env, folder } = given;
    const done = await runProgram(programIn(folder, own[1]), own[2].split(" "), {
      home,
      env,
      limitMs: CLIENT_LIMIT_MS,
    });
    return expect(done.exitCode === 0, `${own[1]} ${own[2]} ended with`, { ...done });
  }
  const cut = IN_TEXT.exec(fix);
  if (cut !== null) return inText(cut);
  const edit = IN_FILE.exec(fix);
  expect(edit !== null, "the fix says nothing that can be done", fix);
  return inJson(edit, given);
}
