// What the files of a folder hold: sizes, SHA-256, rows of CSV files. Read in constant memory, one after the other.
import type { Stats } from 'node:fs';
import type { Bytes } from '../../ports/objects.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { Part } from '../../domain/backup/backup.ts';
import { drain, measuring } from '../byte-streams.ts';
import { countRows } from './csv-rows.ts';
import { readChunks } from './walk.ts';

/**
 * The bytes of one file; `rows` has its records when they are through, null for what is no CSV. `stats` are those of the very file
 * that is read, once it is.
 */
export function fileBytes(
  folder: string,
  path: string,
  waiting: Waiting,
): { body: Bytes; rows: () => number | null; stats: () => Stats | undefined } {
  let found: Stats | undefined;
  const stats = () => found;
  const body = readChunks(folder, path, waiting, (opened) => {
    found = opened;
  });
  if (!/\.csv$/i.test(path)) return { body, rows: () => null, stats };
  const counter = countRows();
  const passing = async function* (): Bytes {
    for await (const chunk of body) {
      counter.add(chunk);
      yield chunk;
    }
  };
  return { body: passing(), rows: () => counter.rows(), stats };
}

/** One file as a part of its datastore's contents. */
export async function readPart(folder: string, path: string, waiting: Waiting): Promise<Part> {
  const { body, rows } = fileBytes(folder, path, waiting);
  const measured = measuring(body);
  await drain(measured.body);
  const part = partOf(path, measured.result(), rows());
  waiting.beat({ rows: part.rows ?? 0 });
  return part;
}

export function partOf(
  name: string,
  plain: { size: number; sha256: string },
  rows: number | null,
): Part {
  return { name, rows, bytes: plain.size, hash: `sha256:${plain.sha256}` };
}
