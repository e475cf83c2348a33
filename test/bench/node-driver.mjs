// load-driver.c for machines without a C compiler or without epoll: same arguments, same output, several Node processes.
// Slower, so it can be the bottleneck; the benchmark says that it is in use.
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";

const MAX_ERRORS = 200;
const PROCESSES = 2;
const LATE_OPEN_MS = 10_000;
const [mode, port, path, headersFile, bodyFile, connectionsText, secondsText, expectedText, endMarker, rateText] =
  process.argv.slice(2);
const seconds = Number(secondsText);
const expectedFrames = Number(expectedText);
const nowNs = () => process.hrtime.bigint();
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const tally = {
  completed: 0,
  inWindow: 0,
  errors: 0,
  frames: 0,
  bodyBytes: 0,
  begun: 0,
  ended: 0,
  firstError: "",
  latency: [],
  firstByte: [],
  delay: [],
};
let measuringDelays = mode === "load";
let deadlineNs = 0n;

/** One connection: sends, reads one answer, and again. */
class Connection {
  constructor(request, onIdle) {
    this.request = request;
    this.onIdle = onIdle;
    this.open();
  }
  open() {
    this.socket = connect({ port: Number(port), host: "127.0.0.1", noDelay: true });
    this.socket.on("connect", () => this.send());
    this.socket.on("data", (chunk) => this.read(chunk.toString("latin1")));
    this.socket.on("error", (error) => this.fail(error.message));
    this.socket.on("close", () => this.awaiting && this.fail("the connection was closed early"));
  }
  send() {
    Object.assign(this, { awaiting: true, head: "", state: "head", left: 0, size: "", tail: "", count: 0, bytes: 0 });
    Object.assign(this, { status: 0, isStream: false, sawEnd: false, sentAtNs: nowNs() });
    this.socket.write(this.request);
  }
  fail(why) {
    if (!this.awaiting && this.socket.destroyed) return;
    this.awaiting = false;
    this.socket.removeAllListeners().on("error", () => undefined);
    this.socket.destroy();
    tally.errors++;
    tally.firstError ||= `${why} (status ${this.status}, ${this.bytes} body bytes, ${this.count} frames)`;
    if (mode === "load" && nowNs() < deadlineNs && tally.errors < MAX_ERRORS) this.open();
    else this.onIdle();
  }
  body(text) {
    this.bytes += text.length;
    tally.bodyBytes += text.length;
    if (this.bytes === text.length) {
      tally.firstByte.push(Number(nowNs() - this.sentAtNs) / 1000);
      if (mode === "streams" && this.status === 200) tally.begun++;
    }
    if (!this.isStream) return;
    const frames = (this.tail + text).split("\n\n");
    this.tail = frames.pop();
    const now = nowNs();
    for (const frame of frames) {
      if (frame.startsWith(":") || frame.startsWith("event: ping")) continue;
      this.count++;
      tally.frames++;
      if (endMarker !== "-" && frame.includes(endMarker)) this.sawEnd = true;
      const stamp = measuringDelays ? /"t=(\d+)/.exec(frame) : null;
      if (stamp) tally.delay.push(Number(now - BigInt(stamp[1])) / 1000);
    }
  }
  end() {
    this.awaiting = false;
    if (mode === "streams") tally.ended++;
    const framesRight = expectedFrames === 0 || (this.isStream && this.count === expectedFrames && this.tail === "");
    if (this.status !== 200 || this.bytes === 0 || !framesRight || (endMarker !== "-" && !this.sawEnd)) {
      this.awaiting = true;
      this.fail("not the expected answer");
      return;
    }
    const now = nowNs();
    tally.completed++;
    if (now <= deadlineNs) tally.inWindow++;
    tally.latency.push(Number(now - this.sentAtNs) / 1000);
    if (mode === "streams" || now >= deadlineNs) {
      this.socket.destroy();
      this.onIdle();
    } else if (/^connection: close/im.test(this.head)) {
      this.socket.removeAllListeners().on("error", () => undefined);
      this.socket.destroy();
      this.open();
    } else {
      this.send();
    }
  }
  read(text) {
    let rest = text;
    while (rest !== "" && this.awaiting) rest = this.step(rest);
  }
  step(text) {
    if (this.state === "head") {
      this.head += text;
      const end = this.head.indexOf("\r\n\r\n");
      if (end < 0) return "";
      const rest = this.head.slice(end + 4);
      this.head = this.head.slice(0, end);
      this.status = Number(this.head.slice(9, 12));
      this.isStream = /^content-type: text\/event-stream/im.test(this.head);
      const length = /^content-length: (\d+)/im.exec(this.head);
      this.state = length ? "length" : "size";
      this.left = Number(length?.[1] ?? 0);
      return rest;
    }
    if (this.state === "size") {
      const end = text.indexOf("\n");
      this.size += end < 0 ? text : text.slice(0, end);
      if (end < 0) return "";
      this.left = Number.parseInt(this.size, 16);
      this.size = "";
      this.state = this.left === 0 ? "last" : "chunk";
      return text.slice(end + 1);
    }
    if (this.state === "gap" || this.state === "last") {
      const end = text.indexOf("\n");
      if (end < 0) return "";
      const isLast = this.state === "last";
      this.state = "size";
      if (isLast) this.end();
      return text.slice(end + 1);
    }
    const taken = text.slice(0, this.left);
    this.left -= taken.length;
    this.body(taken);
    if (this.left === 0 && this.state === "length") this.end();
    else if (this.left === 0) this.state = "gap";
    return text.slice(taken.length);
  }
}

async function work(connections) {
  const body = readFileSync(bodyFile);
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-length: ${body.length}\r\n${readFileSync(headersFile, "latin1")}\r\n`;
  const request = Buffer.concat([Buffer.from(head, "latin1"), body]);
  let busy = 0;
  const add = () => {
    busy++;
    new Connection(request, () => busy--);
  };
  deadlineNs = nowNs() + BigInt(Math.round(seconds * 1e9));
  if (mode === "load") {
    for (let i = 0; i < connections; i++) add();
    while (busy > 0 && nowNs() < deadlineNs + 3_000_000_000n) await wait(5);
    tally.errors += busy;
    if (busy > 0) tally.firstError ||= `${busy} requests were not answered in time`;
    return;
  }
  const everyMs = (1000 * PROCESSES) / Number(rateText ?? 500);
  const begun = performance.now();
  for (let i = 0; i < connections; i++) {
    add();
    while ((performance.now() - begun) / everyMs < i) await wait(1);
  }
  const latest = performance.now() + LATE_OPEN_MS;
  while (tally.begun + tally.errors < connections && performance.now() < latest) await wait(5);
  process.send({ open: tally.begun - tally.ended, errors: tally.errors });
  measuringDelays = true;
  await wait(seconds * 1000);
}

function summary(samples) {
  if (samples.length === 0) return null;
  const sorted = samples.sort((a, b) => a - b).map(Math.round);
  const at = (share) => sorted[Math.floor(sorted.length * share)];
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) };
}

function sumUp(results, elapsedSeconds) {
  const sum = (name) => results.reduce((total, result) => total + result[name], 0);
  const all = (name) => summary(results.flatMap((result) => result[name]));
  return {
    phase: "done",
    completed: sum("completed"),
    perSecond: sum("inWindow") / seconds,
    errors: sum("errors"),
    seconds: elapsedSeconds,
    frames: sum("frames"),
    bodyBytes: sum("bodyBytes"),
    open: sum("begun") - sum("ended"),
    ended: sum("ended"),
    firstError: results.map((result) => result.firstError).find((text) => text !== "") ?? "",
    latencyUs: all("latency"),
    firstByteUs: all("firstByte"),
    eventDelayUs: all("delay"),
  };
}

async function direct() {
  const connections = Number(connectionsText);
  const started = performance.now();
  const shares = Array.from({ length: Math.min(PROCESSES, connections) }, (_, i) =>
    Math.ceil((connections - i) / PROCESSES),
  );
  const opened = [];
  const results = await Promise.all(
    shares.map(
      (share) =>
        new Promise((resolve, reject) => {
          const child = fork(fileURLToPath(import.meta.url), process.argv.slice(2), {
            env: { BENCH_SHARE: String(share) },
          });
          child.on("message", (message) => {
            if (message.tally) return resolve(message.tally);
            opened.push(message);
            if (opened.length < shares.length) return;
            const sum = (name) => opened.reduce((total, one) => total + one[name], 0);
            process.stdout.write(`${JSON.stringify({ phase: "open", open: sum("open"), errors: sum("errors") })}\n`);
          });
          child.once("exit", (code) => reject(new Error(`a driver process ended with ${code}`)));
        }),
    ),
  );
  process.stdout.write(`${JSON.stringify(sumUp(results, (performance.now() - started) / 1000))}\n`);
}

if (process.env.BENCH_SHARE === undefined) {
  await direct();
} else {
  await work(Number(process.env.BENCH_SHARE));
  process.send({ tally }, () => process.exit(0));
}
