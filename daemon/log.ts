/**
 * What happened, for machines and administrators: one JSON line each, a constant sentence and the facts
 * in fields. What people must know goes elsewhere: to the terminal, into alerts and reports.
 *
 * Nothing personal belongs in a line; nor is the log the record of anything: the ledger is. The only
 * door to winston.
 */
import { once } from "node:events";
import * as fs from "node:fs";
import { Writable } from "node:stream";
import { createLogger, format, type Logger, transports } from "winston";

export type Level = "debug" | "info" | "warn" | "error";

/** Facts beside the sentence. An Error is written with its name, code, facts, causes and stack. */
export type Fields = Readonly<Record<string, unknown>>;

export interface Log<Sentence extends string = string> {
  debug(sentence: Sentence, fields?: Fields): void;
  info(sentence: Sentence, fields?: Fields): void;
  warn(sentence: Sentence, fields?: Fields): void;
  error(sentence: Sentence, fields?: Fields): void;
  /** A log that says these fields with every line: the packet, the partner. */
  child(fields: Fields): Log<Sentence>;
}

/** The log of a process: closed once, at its end. */
export interface OpenLog extends Log {
  /** Every line is written when this is done. Nothing may be logged after it. */
  close(): Promise<void>;
}

export interface LogSettings {
  /** File for all lines, 0600; moved aside when it is full. Without it, none is written. */
  readonly file?: string;
  /** Where lines are shown as well: stderr, for whoever runs the daemon under a service manager. */
  readonly stream?: NodeJS.WritableStream;
  /** The least level that is written; `info` unless given. */
  readonly level?: Level;
  /** Bytes of one file; five are kept. */
  readonly maxBytes?: number;
}

/** Whole milliseconds since it was made, or since it was last asked, by a clock that nobody sets. */
export function stopwatch(): () => number {
  let since = performance.now();
  return () => {
    const before = since;
    since = performance.now();
    return Math.round(since - before);
  };
}

const MAX_BYTES = 10_000_000;
const FILES_KEPT = 5;
const MOST_CAUSES = 5;
const PRIVATE = 0o600;

/** The time, level and sentence come first; a field of these names would hide them. */
const OWN = new Set(["time", "level", "message"]);

export function openLog({ file, stream, level = "info", maxBytes }: LogSettings): OpenLog {
  const sink = file === undefined ? undefined : fileSink(file, maxBytes ?? MAX_BYTES);
  const outlets = [sink, stream].flatMap((to) =>
    to ? [new transports.Stream({ stream: to, eol: "\n" })] : [],
  );
  const logger = createLogger({
    level,
    format: format.printf((info) => lineOf(info)),
    transports: outlets,
    silent: outlets.length === 0,
    exitOnError: false,
  });
  return { ...logWith(logger, {}), close: () => closed(logger, sink) };
}

/**
 * Each line is in the file when `write` returns, so that an exit at any point loses none, and several
 * processes may append to one file. (winston's own file transport hangs when it is closed while it
 * moves a full file aside.) A disk that takes no lines stops nobody's work.
 */
function fileSink(path: string, maxBytes: number): Writable {
  let file: number | undefined;
  return new Writable({
    decodeStrings: false,
    write(line: string, _, done) {
      try {
        file ??= fs.openSync(path, "a", PRIVATE);
        if (fs.fstatSync(file).size + Buffer.byteLength(line) > maxBytes) {
          moveAside(path, file);
          fs.closeSync(file);
          file = fs.openSync(path, "a", PRIVATE);
        }
        fs.writeSync(file, line);
      } catch {
        // Nothing to tell it to: alerts and the ledger say that the disk is full.
        if (file !== undefined) fs.close(file, () => undefined);
        file = undefined;
      }
      done();
    },
    final(done) {
      if (file !== undefined) fs.closeSync(file);
      done();
    },
  });
}

/** `packetboat.log` becomes `packetboat.log.1`, and so on, unless another process has done it. */
function moveAside(path: string, file: number): void {
  if (fs.statSync(path, { throwIfNoEntry: false })?.ino !== fs.fstatSync(file).ino) return;
  for (let number = FILES_KEPT - 1; number > 0; number--) {
    const older = number === 1 ? path : `${path}.${number - 1}`;
    if (fs.existsSync(older)) fs.renameSync(older, `${path}.${number}`);
  }
}

function logWith(logger: Logger, own: Fields): Log {
  const at = (level: Level) => (sentence: string, fields?: Fields) => {
    // A copy: what the caller handed over is never changed, now or when the line is written.
    const said = { ...own, ...fields };
    const facts = Object.fromEntries(
      Object.entries(said).map(([name, value]) => [
        OWN.has(name) ? `${name}_` : name,
        plain(value),
      ]),
    );
    logger.log({ level, message: sentence, facts });
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => logWith(logger, { ...own, ...fields }),
  };
}

function lineOf(info: Record<string | symbol, unknown>): string {
  const { level, message, facts } = info;
  const line = JSON.stringify({
    time: new Date().toISOString(),
    level,
    message,
    ...(facts as Fields),
  });
  // A terminal that shows the log must not be steered by what a partner wrote.
  return line.replaceAll(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A copy that JSON can write, errors with what they know. */
function plain(value: unknown, depth = 0): unknown {
  if (value instanceof Error) return plainError(value, depth);
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value === "function") return undefined;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MOST_CAUSES) return "…";
  if (Array.isArray(value) || value instanceof Set) {
    return [...value].map((item: unknown) => plain(item, depth + 1));
  }
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(entries.map(([name, item]) => [String(name), plain(item, depth + 1)]));
}

function plainError(error: Error, depth: number): unknown {
  const { code, facts } = error as Error & { code?: unknown; facts?: unknown };
  return {
    name: error.name,
    ...(code === undefined ? {} : { code }),
    message: error.message,
    ...(facts === undefined ? {} : { facts: plain(facts, depth + 1) }),
    ...(error.cause === undefined || depth >= MOST_CAUSES
      ? {}
      : { cause: plain(error.cause, depth + 1) }),
    // A refusal explains itself; anything else is a bug, and needs its place.
    ...(code === undefined ? { stack: error.stack } : {}),
  };
}

/** winston's `finish` means that each outlet has been given every line. */
async function closed(logger: Logger, sink: Writable | undefined): Promise<void> {
  if (logger.transports.length > 0) {
    const finished = logger.transports.map((outlet) => once(outlet, "finish"));
    logger.end();
    await Promise.all(finished);
  }
  if (!sink) return;
  sink.end();
  if (!sink.writableFinished) await once(sink, "finish");
}
