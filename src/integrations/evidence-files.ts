// Evidence on a folder: <dir>/<workflow id>/<run id>.jsonl, one entry a line.
// Every append is one write with O_APPEND, so two processes never mix their bytes; an entry that both wrote is
// read once (the first stands). A crash may leave half a line: the next append starts a line of its own.
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EvidencePort, RunRef } from '../activities/ports.ts';
import { digestOf } from '../domain/digest.ts';
import type { EvidenceEntry } from '../domain/evidence.ts';
import { readEvidenceLines } from '../domain/evidence-lines.ts';
import { Failure } from '../domain/failure.ts';
import { textAt } from '../domain/json.ts';

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
      return parse(file, await contentOf(file));
    },
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
  const content = await contentOf(file);
  const known = parse(file, content);
  const missing = entries.filter((entry) => entry.seq >= known.length);
  checkFits(file, known, missing);
  if (missing.length === 0) return;
  const lines = missing.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  const repair = content === '' || content.endsWith('\n') ? '' : '\n';
  await writeOnce(file, repair + lines);
}

/** What is added has to follow what is there: a run that somebody else sealed takes nothing more. */
function checkFits(
  file: string,
  known: readonly EvidenceEntry[],
  missing: readonly EvidenceEntry[],
): void {
  let last = known.at(-1);
  for (const entry of missing) {
    const follows = last === undefined || entry.prev === last.hash;
    if (entry.seq !== (last?.seq ?? -1) + 1 || !follows) {
      const there = last === undefined ? 'nothing' : `entry ${last.seq} (${last.type})`;
      throw new Failure(
        'Superseded',
        `adding entry ${entry.seq} (${entry.type}) to ${file}: it does not follow ${there}, the last one there. Somebody else wrote or sealed the record of this run; read it with "fairlead report".`,
      );
    }
    last = entry;
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

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (textAt(error, 'code') === 'ENOENT') return '';
    throw unavailable('reading', file, error);
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

function unavailable(doing: string, file: string, error: unknown): Failure {
  const said = error instanceof Error ? error.message : String(error);
  return new Failure(
    'Unavailable',
    `${doing} ${file}: ${said}. Check that the folder is there, writable and has space.`,
  );
}
