import type { Clock } from "../base/clock.ts";
import { monthFile, monthOf } from "./folder.ts";
import { type JournalFile, openJournalFile } from "./journal-file.ts";
import { createRecordText } from "./record-text.ts";
import { lostLine, mendedLine } from "./rows.ts";
import { type Told, toldAtMs, toldLine } from "./told.ts";
import type { JournalRecord, JournalStart } from "./types.ts";
import { mostWaitingRows, WaitingRows } from "./waiting-rows.ts";
import { forgetWriter, type ProcessFacts, registerWriter, startOfProcess } from "./writers.ts";

/** Where the proxy tells of requests; nothing here throws, and nothing waits for the disk. */
export interface Journal {
  /** Of this daemon, in its rows. */
  readonly writer: string;
  /** The row is in the file by the next turn of the event loop, and before that when `flush` returns, unless the disk refuses it. */
  started(start: JournalStart): void;
  /** The same for its end. */
  ended(record: JournalRecord): void;
  /** Ends a request of a daemon that was killed, in the file where it began. */
  mend(start: JournalStart): void;
  /** Rows that wait for the disk, and rows that were given up. */
  readonly waiting: number;
  readonly lost: number;
  flush(): void;
  close(): void;
}

/** What a journal is made from. */
export interface JournalOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly process: ProcessFacts;
  /** Shape: of letters and digits; one for every start of a daemon. */
  readonly writer: string;
  /** What the user should know: said once when rows begin to wait, once when they are written, and where some were lost. */
  readonly tell: (message: string) => void;
}

const RETRY_AFTER_MS = 1_000;
/** A file that was deleted or moved is noticed after this; what was written into it since then is written again. */
const LOOK_EVERY_MS = 1_000;
const LOOK_EVERY_BYTES = 512 * 1024;

/** Opens the journal of one daemon. It exists even where the folder can't be written: then rows wait in memory. */
export function openJournal(options: JournalOptions): Journal {
  return new FileJournal(options);
}

class FileJournal implements Journal {
  readonly writer: string;
  lost = 0;
  readonly #options: JournalOptions;
  readonly #text = createRecordText();
  /** What was told of in this turn of the event loop, while the disk takes it: made rows of when it is written. */
  #fresh: Told[] = [];
  /** What the disk refuses. */
  readonly #rows = new WaitingRows();
  #file: JournalFile | undefined = undefined;
  #month = "";
  #lookedAtMs = 0;
  #isFlushDue = false;
  /** The earliest month that a later daemon will look for open rows in; "" where none is noted. */
  #registeredMonth = "";
  #failure: { readonly retryAtMs: number } | undefined = undefined;
  #cancelRetry: (() => void) | undefined = undefined;
  #untoldLost = 0;
  #isClosed = false;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.writer = options.writer;
    this.#guarded(() => this.#open(monthOf(options.clock.now())));
  }

  get waiting(): number {
    return this.#rows.size + this.#fresh.length;
  }

  started(start: JournalStart): void {
    this.#tell({ isEnd: false, start });
  }

  ended(record: JournalRecord): void {
    this.#tell({ isEnd: true, start: record });
  }

  mend(start: JournalStart): void {
    this.#add(start.id, start.startedAtMs, mendedLine(start, this.writer));
  }

  flushDue(): void {
    this.#isFlushDue = false;
    this.flush();
  }

  flush(): void {
    if (this.waiting === 0 || this.#isClosed) return;
    const nowMs = this.#options.clock.now();
    // A clock that was set back must not keep the rows waiting.
    const waitMs = (this.#failure?.retryAtMs ?? 0) - nowMs;
    if (waitMs > 0 && waitMs <= RETRY_AFTER_MS) return;
    this.#guarded(() => this.#write(nowMs));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#failure = undefined;
    this.flush();
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#file?.close();
    const unwritten = this.waiting + this.#untoldLost;
    if (unwritten > 0)
      this.#options.tell(`${unwritten} rows of the request history are lost: they could not be written`);
    try {
      // With rows missing, the next daemon has to look for open ones.
      if (unwritten === 0) forgetWriter(this.#options.folder, this.writer);
    } catch {
      // Then the next daemon finds nothing to mend.
    }
  }

  /** All that begins and ends in one turn of the event loop shares a write. */
  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    setImmediate(flushDue, this);
  }

  #tell(told: Told): void {
    if (this.#failure === undefined) this.#fresh.push(told);
    else this.#keep(told);
    this.#flushSoon();
  }

  /** Has a row wait for the disk. */
  #keep(told: Told): void {
    this.#add(told.start.id, toldAtMs(told), toldLine(told, this.writer, this.#text));
  }

  #add(id: string, atMs: number, line: string): void {
    if (!this.#rows.add(id, atMs, line)) return;
    this.lost++;
    if (this.#untoldLost++ > 0) return;
    this.#options.tell(
      `more than ${mostWaitingRows} rows of the request history wait: the oldest are lost from now on`,
    );
  }

  #write(nowMs: number): void {
    this.#look(nowMs);
    if (this.#untoldLost > 0) this.#tellLost(nowMs);
    if (this.#rows.size === 0) this.#writeFresh();
    else this.#keepFresh(0);
    while (this.#rows.size > 0) this.#writeMonth();
    this.#recover();
  }

  /**
   * Writes what this turn brought, as nearly always: all of it in one month, nothing before it. The rows are made here, behind each
   * other, and not one by one between requests: what runs in one go finds its code and data in the processor's caches.
   */
  #writeFresh(): void {
    const month = this.#rows.monthAt(toldAtMs(this.#fresh[0] as Told));
    let written = 0;
    try {
      const isOneMonth = this.#fresh.every((told) => this.#rows.monthAt(toldAtMs(told)) === month);
      if (isOneMonth)
        written = this.#open(month).append(this.#fresh.map((told) => toldLine(told, this.writer, this.#text)));
      if (isOneMonth && written < this.#fresh.length) throw shortWrite();
    } finally {
      this.#keepFresh(written);
    }
  }

  /** What is left of this turn behind what was written waits. */
  #keepFresh(written: number): void {
    const rest = written === this.#fresh.length ? [] : this.#fresh.slice(written);
    this.#fresh = [];
    for (const told of rest) this.#keep(told);
  }

  /** Writes the oldest rows that go into one file. */
  #writeMonth(): void {
    const oldest = this.#rows.oldest();
    if (oldest === undefined) return;
    const { month, ids, lines } = oldest;
    const written = this.#open(month).append(lines);
    this.#rows.done(written === ids.length ? ids : ids.slice(0, written));
    if (written < lines.length) throw shortWrite();
  }

  #open(month: string): JournalFile {
    if (this.#file !== undefined && this.#month === month) return this.#file;
    this.#shut();
    const { folder, clock } = this.#options;
    const file = openJournalFile(monthFile(folder, Date.parse(`${month}-01`)), clock);
    this.#file = file;
    this.#month = month;
    // An earlier month comes behind a later one where the clock was set back.
    if (this.#registeredMonth === "" || month < this.#registeredMonth) this.#register(month, file.size);
    return file;
  }

  /** What a later daemon needs to end the rows that this one leaves open when it is killed. */
  #register(month: string, fromByte: number): void {
    const { folder, clock, process } = this.#options;
    const { pid, host } = process;
    const writer = {
      id: this.writer,
      pid,
      pidStart: startOfProcess(pid),
      host,
      startedAtMs: clock.now(),
      month,
      fromByte,
    };
    registerWriter(folder, writer);
    this.#registeredMonth = month;
  }

  #shut(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    this.#rescue(file);
    file.close();
  }

  /** Puts what went into a file that was deleted meanwhile before the rows that wait. */
  #rescue(file: JournalFile): void {
    if (file.isCurrent()) return;
    this.#rows.addFirst(this.#month, file.recent());
    file.forget();
    this.#registeredMonth = "";
  }

  /** Now and then: is the file still where it was? What went into one that was deleted meanwhile is written again. */
  #look(nowMs: number): void {
    const file = this.#file;
    if (file === undefined) return;
    if (Math.abs(nowMs - this.#lookedAtMs) < LOOK_EVERY_MS && file.recentBytes < LOOK_EVERY_BYTES) return;
    this.#lookedAtMs = nowMs;
    if (file.isCurrent()) file.forget();
    else this.#shut();
  }

  #tellLost(nowMs: number): void {
    const count = this.#untoldLost;
    const file = this.#open(this.#rows.monthAt(nowMs));
    if (file.append([lostLine(count, this.writer, nowMs)]) < 1) throw shortWrite();
    this.#untoldLost = 0;
    this.#options.tell(`${count} rows of the request history are lost: the disk took none for too long`);
  }

  #recover(): void {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#options.tell("the request history is written again");
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const { clock, folder, tell } = this.#options;
    this.#keepFresh(0);
    // The file may be gone with its folder: it is opened anew.
    this.#shut();
    const isFirst = this.#failure === undefined;
    this.#failure = { retryAtMs: clock.now() + RETRY_AFTER_MS };
    this.#cancelRetry?.();
    this.#cancelRetry = clock.after(RETRY_AFTER_MS, () => {
      this.#failure = this.#failure && { retryAtMs: 0 };
      this.flush();
    });
    if (!isFirst) return;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    tell(`the request history in ${folder} can't be written (${code}); requests go on, their rows wait in memory`);
  }
}

function flushDue(journal: FileJournal): void {
  journal.flushDue();
}

function shortWrite(): Error {
  return Object.assign(new Error("short write"), { code: "ENOSPC" });
}
