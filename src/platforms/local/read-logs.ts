// Reads what the processes of a service said since a position, from the log files of their replicas.
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogLine, LogPosition } from '../../ports/workload.ts';

/** Bytes of a file that a first look goes back, and bytes of one answer at most. */
const FIRST_BYTES = 16 * 1024;
const MOST_BYTES = 256 * 1024;
const MOST_FILES = 20;
const NEW_LINE = 10;

/** `folder`: that of the service's logs; one that is not there has none. The newest files come last. */
export async function readLogs(
  folder: string,
  since: LogPosition | null,
): Promise<{ lines: LogLine[]; position: LogPosition }> {
  const lines: LogLine[] = [];
  const position: LogPosition = {};
  let left = MOST_BYTES;
  for (const { name, size } of await logFiles(folder)) {
    const before = since?.[name];
    // A log that was cut starts anew.
    const from = before === undefined || before > size ? firstByte(since, size) : before;
    const bytes = await partOf(join(folder, name), from, Math.min(size - from, left));
    // A line that is still being written waits, unless it fills a whole answer.
    const end = bytes.lastIndexOf(NEW_LINE) + 1 || (bytes.length === MOST_BYTES ? MOST_BYTES : 0);
    position[name] = from + end;
    left -= end;
    const source = name.replace(/\.log$/, '');
    const texts = bytes.subarray(0, end).toString('utf8').replace(/\n$/, '').split('\n');
    // A first look begins in the middle of a line.
    const whole = from > 0 && before === undefined ? texts.slice(1) : texts;
    if (end > 0) lines.push(...whole.map((text) => ({ source, text })));
  }
  return { lines, position };
}

function firstByte(since: LogPosition | null, size: number): number {
  return since === null ? Math.max(0, size - FIRST_BYTES) : 0;
}

async function logFiles(folder: string): Promise<{ name: string; size: number }[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const found = [];
  for (const name of names.filter((one) => one.endsWith('.log'))) {
    const { size, mtimeMs } = await stat(join(folder, name));
    found.push({ name, size, mtimeMs });
  }
  return found.sort((a, b) => a.mtimeMs - b.mtimeMs).slice(-MOST_FILES);
}

async function partOf(path: string, from: number, bytes: number): Promise<Buffer> {
  if (bytes <= 0) return Buffer.alloc(0);
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
