// What a program printed last: its error, or its last lines, as one short text for people.
import { Buffer } from 'node:buffer';
import { open } from 'node:fs/promises';

/** The bytes that are read of the end of a log, which may be larger than what fits into one string. */
const READ = 256 * 1024;
const KEPT = 16 * 1024;

/** Empty for a program that printed nothing. `hide` takes secrets out: first, for a part of one would not be known for one. */
export async function endOfLog(path: string, hide: (text: string) => string): Promise<string> {
  const printed = await endOfFile(path, READ).catch(() => '');
  return lastSaid(hide(printed).trim().slice(-KEPT));
}

/** At most so many bytes; what a character lost at their beginning is no matter. */
export async function endOfFile(path: string, most: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = Math.min(size, most);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

const MOST_LINES = 3;
const LONGEST_LINE = 300;
/** The most lines that may follow an error and belong to it (its fields, its cause); after more of them the error was not the last thing. */
const OF_ERROR = 12;

const STACK = /^at /;
const NOISE = /^(at |Node\.js v\d|[\^~{}[\],;)]*$)/;

/** The last lines that a program printed, or its last error, as one short text; empty for a program that printed nothing. */
export function lastSaid(printed: string): string {
  const lines = printed.split('\n').map((line) => line.trim());
  const said = lines.flatMap((line, index) =>
    NOISE.test(line) ? [] : [{ line, isError: STACK.test(lines[index + 1] ?? '') }],
  );
  // A program that is started again and again says the same each time.
  const once = said.filter(({ line }, index) => line !== said[index - 1]?.line);
  const end = once.slice(-OF_ERROR);
  // The first of them: a cause is printed below, with a stack of its own.
  const error = end.findIndex(({ isError }) => isError);
  const told = error < 0 ? end.slice(-MOST_LINES) : end.slice(error, error + MOST_LINES);
  return told.map(({ line }) => line.replace(/ \{$/, '').slice(0, LONGEST_LINE)).join('; ');
}
