// Evidence on a folder: <dir>/<workflow id>/<run id>.jsonl, one entry a line.
// Every append is one write with O_APPEND, so two processes never mix their bytes; an entry that both wrote is
// read once (the first stands). A crash may leave half a line: the next append starts a line of its own.
import { mkdir, open, readFile, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EvidencePort, RunRef } from '../activities/ports.ts';
import { digestOf } from '../domain/digest.ts';
import type { EvidenceEntry } from '../domain/evidence.ts';
import { isHalf, isHalfOf, readEvidenceLines } from '../domain/evidence-lines.ts';
import { Failure } from '../domain/failure.ts';
import { textOf, unavailable } from './kept-files.ts';
import { readSignature, writeSignature } from './signature-file.ts';
import { signatureFileOf } from './signing.ts';

export function createEvidenceFiles(directory: string): EvidencePort {
  // Appends of one process to one file go one after the other: what the first wrote, the second sees.
  const queues = new Map<string, Promise<unknown>>();
  return {
    async append(run, entries) {
      const file = fileOf(directory, run);
      const before = queues.get(file) ?? Promise.resolve();
      const mine = before.then(() => appendTo(file, entries));
      const settled = mine.catch(() => undefined);
      queues.set(file, settled);
      try {
        await mine;
      } finally {
        if (queues.get(file) === settled) queues.delete(file);
      }
    },
    async read(run) {
      const file = fileOf(directory, run);
      return parse(file, await textOf(file));
    },
    keepSignature: (run, signed) => writeSignature(signatureFileOf(fileOf(directory, run)), signed),
    signature: (run) => readSignature(signatureFileOf(fileOf(directory, run))),
  };
}

/** A file name out of any text: nothing in an id leaves the folder, and two ids never share a name. */
export function encodeName(id: string): string {
  const encoded = [...Buffer.from(id, 'utf8')]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      const code = byte.toString(16).toUpperCase().padStart(2, '0');
      return /[A-Za-z0-9_-]/.test(character) ? character : `%${code}`;
    })
    .join('');
  // `~` is in no encoded name: it marks the names that are cut (255 bytes is the most a name may have).
  return encoded !== '' && encoded.length <= 200
    ? encoded
    : `${encoded.slice(0, 120)}~${digestOf(id)}`;
}

function fileOf(directory: string, run: RunRef): string {
  return join(directory, encodeName(run.workflowId), `${encodeName(run.runId)}.jsonl`);
}

async function appendTo(file: string, entries: readonly EvidenceEntry[]): Promise<void> {
  const content = await textOf(file);
  const known = parse(file, content);
  const missing = entries.filter((entry) => entry.seq >= known.length);
  checkFits(file, known, missing);
  if (missing.length === 0) return;
  const lines = missing.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  const tail = content.slice(content.lastIndexOf('\n') + 1);
  // Half of another entry, before one that it is not the beginning of, would look like somebody's addition.
  const isLeftOver = isHalf(tail) && !isHalfOf(tail, lines);
  const isCut = isLeftOver && (await cutTail(file, content));
  await writeOnce(file, tail === '' || isCut ? lines : `\n${lines}`);
}

/**
 * What is added has to follow what is there. A run that somebody else sealed or wrote takes nothing more; where
 * entries are gone, nobody took over: the operation takes back what it did, and its seal writes all of them anew.
 */
function checkFits(
  file: string,
  known: readonly EvidenceEntry[],
  missing: readonly EvidenceEntry[],
): void {
  let last = known.at(-1);
  for (const entry of missing) {
    const next = last === undefined ? 0 : last.seq + 1;
    if (entry.seq !== next && last?.type !== 'closed') {
      throw new Failure(
        'Broken',
        `adding entry ${entry.seq} (${entry.type}) to ${file}: entries ${next} to ${entry.seq - 1} are not there any more. The file was removed or cut while its operation ran; keep whatever cleans up away from that folder. The whole record is written anew when the operation ends.`,
      );
    }
    if (entry.seq !== next || (last && entry.prev !== last.hash)) {
      const there = last === undefined ? 'nothing' : `entry ${last.seq} (${last.type})`;
      throw new Failure(
        'Superseded',
        `adding entry ${entry.seq} (${entry.type}) to ${file}: it does not follow ${there}, the last one there. Somebody else wrote or sealed the record of this run; read it with "fairlead report".`,
      );
    }
    last = entry;
  }
}

/** Takes the half line away that a crash left; not if somebody writes at this moment, or may only append. */
async function cutTail(file: string, seen: string): Promise<boolean> {
  try {
    const bytes = await readFile(file);
    if (bytes.toString('utf8') !== seen) return false;
    await truncate(file, bytes.lastIndexOf(0x0a) + 1);
    return true;
  } catch {
    return false;
  }
}

async function writeOnce(file: string, text: string): Promise<void> {
  try {
    const folder = dirname(file);
    const created = await mkdir(folder, { recursive: true });
    const handle = await open(file, 'a', 0o640);
    try {
      const bytes = Buffer.from(text, 'utf8');
      const { bytesWritten } = await handle.write(bytes);
      if (bytesWritten !== bytes.length)
        throw new Error(`only ${bytesWritten} of ${bytes.length} bytes could be written`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncFolder(folder);
    if (created !== undefined) await syncFolder(dirname(folder));
  } catch (error) {
    throw unavailable('writing', file, error);
  }
}

/** A new file is only there after a crash when its folder is on disk too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Throws Broken when an entry is missing: nothing but a crash's last half line may be. */
function parse(file: string, content: string): EvidenceEntry[] {
  const { entries, gap } = readEvidenceLines(content);
  if (gap === undefined) return entries;
  throw new Failure(
    'Broken',
    `reading ${file}:${gap.line}: entry ${gap.seq} is missing or not readable, and later ones follow. The file was changed by something other than Fairlead; bring it back from a backup.`,
  );
}
