// Heartbeats in a folder of files: a CSV of their own beside the data, replaced by one rename. The worker's clock is
// the store's.
import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { HEARTBEAT_FILE, type HeartbeatRecord } from '../../domain/backup/heartbeat.ts';
import { Failure } from '../../domain/failure.ts';
import { textAt } from '../../domain/json.ts';
import { keepFile } from '../../machine/keep-file.ts';
import { heartbeatRecordSchema } from '../manifest.ts';
import { openFile, within } from './within.ts';

/** A ring of a hundred thousand records is half of it. */
const LARGEST = 16 * 1024 * 1024;
const HEAD = 'slot,timeline,number,at,skew_ms';
/** Drafts that a killed writer leaves begin so; they are no data. */
const DRAFT = `.${HEARTBEAT_FILE}.`;

/** Part of a backup and of no comparison; below the top, a file of that name is data like any other. */
export function isHeartbeatFile(path: string): boolean {
  return path === HEARTBEAT_FILE || path.startsWith(DRAFT);
}

/** The newest heartbeat in a folder; null where there is no such file, or one that is not Fairlead's. */
export async function newestHeartbeat(folder: string): Promise<HeartbeatRecord | null> {
  return (await takeHeartbeat(folder))?.newest ?? null;
}

/** The file as it is at one moment, whoever made it; undefined where there is none. */
export async function takeHeartbeat(
  folder: string,
): Promise<{ bytes: Buffer; stats: Stats; newest: HeartbeatRecord | null } | undefined> {
  const found = await bytesOf(folder).catch((error: unknown) => {
    if (textAt(error, 'code') === 'ENOENT') return undefined;
    throw error instanceof Failure ? error : failed('reading', folder, error);
  });
  if (found === undefined) return undefined;
  return { ...found, newest: recordsIn(found.bytes)?.at(-1) ?? null };
}

/** Never what a link leads to: whose the folder is may put one there, and root reads nothing elsewhere for them. */
async function bytesOf(folder: string): Promise<{ bytes: Buffer; stats: Stats }> {
  const handle = await openFile(folder, HEARTBEAT_FILE);
  try {
    const stats = await handle.stat();
    if (stats.isFile() && stats.size <= LARGEST) return { bytes: await handle.readFile(), stats };
    const file = join(folder, HEARTBEAT_FILE);
    const message = `${file} is no file, or larger than canary records ever are (${LARGEST} bytes): move it away`;
    throw new Failure('Refused', message);
  } finally {
    await handle.close();
  }
}

export async function addHeartbeat(
  folder: string,
  keep: number,
  now: number,
): Promise<HeartbeatRecord> {
  const there = await takeHeartbeat(folder);
  const before = there === undefined ? [] : recordsIn(there.bytes);
  if (before === undefined) {
    throw new Failure(
      'Refused',
      `${join(folder, HEARTBEAT_FILE)} holds something else than Fairlead's canary records (${HEAD}); move it away, or remove recoveryPoint.canary from the system file`,
    );
  }
  const { timeline, number } = before.at(-1) ?? { timeline: randomUUID(), number: 0 };
  const at = new Date(now).toISOString();
  const added: HeartbeatRecord = { timeline, number: number + 1, at, skewMs: 0 };
  const kept = [...before, added].slice(-keep);
  await replace(folder, `${[HEAD, ...kept.map((one) => lineOf(one, keep))].join('\n')}\n`);
  return added;
}

/** Oldest first; undefined for something else. */
function recordsIn(bytes: Buffer): HeartbeatRecord[] | undefined {
  const [head, ...lines] = bytes.toString('utf8').trimEnd().split('\n');
  const records = lines.map(recordOf).filter((one) => one !== undefined);
  if (head !== HEAD || records.length < lines.length) return undefined;
  return records.sort((one, other) => one.number - other.number);
}

function lineOf({ timeline, number, at, skewMs }: HeartbeatRecord, keep: number): string {
  return [number % keep, timeline, number, at, skewMs].join();
}

function recordOf(line: string): HeartbeatRecord | undefined {
  const [, timeline, number, at, skewMs] = line.split(',');
  const record = { timeline, number: Number(number), at, skewMs: Number(skewMs) };
  return heartbeatRecordSchema.safeParse(record).data;
}

async function replace(folder: string, text: string): Promise<void> {
  try {
    await within(folder, HEARTBEAT_FILE, false, async (file) => {
      const draft = join(dirname(file), `${DRAFT}${randomUUID().slice(0, 8)}`);
      await keepFile(file, text, { mode: 0o644, draft });
    });
  } catch (error) {
    throw failed('writing', folder, error);
  }
}

function failed(doing: string, folder: string, error: unknown): Failure {
  const said = error instanceof Error ? error.message : String(error);
  const kind = ['EACCES', 'EPERM', 'EROFS'].includes(textAt(error, 'code') ?? '')
    ? 'Refused'
    : 'Unavailable';
  const message = `${doing} ${join(folder, HEARTBEAT_FILE)}: ${said}. Is there space, and may the worker write there?`;
  return new Failure(kind, message);
}
