// What a live database and a copy do not have in common, by the paths of documents: both are read once, side by side, in the
// order of names that the server has.
import type { Clock } from '../../ports/clock.ts';
import type { CopyView } from '../../ports/backups.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { Loss } from '../../domain/recovery/exchange.ts';
import { createHash } from 'node:crypto';
import { Failure } from '../../domain/failure.ts';
import { lossCounter, together } from '../loss.ts';
import type { Firestore } from './connection.ts';
import { pathIn, textOf } from './document-text.ts';
import { readAll } from './reading.ts';
import { isHeartbeat } from './take-documents.ts';
import type { Document } from './wire.ts';
import { copyAddress } from './scratch-emulator.ts';

interface Found {
  path: string;
  digest: string;
}

/** In constant memory. */
export async function lossBetween(
  live: Firestore,
  copy: Firestore,
  clock: Pick<Clock, 'now'>,
  waiting: Waiting,
): Promise<Loss> {
  const [onlyThere, onlyHere, changed] = [lossCounter(), lossCounter(), lossCounter()];
  const walk = async (one: Firestore) =>
    found(one, (await readAll(one, { clock }, waiting)).documents);
  const merged = together(await walk(live), await walk(copy), (one, other) =>
    comparePaths(one.path, other.path),
  );
  for await (const { there, here } of merged) {
    if (there === undefined && here !== undefined) note(onlyHere, here.path, here.digest);
    else if (there !== undefined && here === undefined) note(onlyThere, there.path, there.digest);
    else if (there !== undefined && here !== undefined && there.digest !== here.digest) {
      note(changed, there.path, `${there.digest} ${here.digest}`);
    }
  }
  return { onlyThere: onlyThere.count(), onlyHere: onlyHere.count(), changed: changed.count() };
}

function note(counter: ReturnType<typeof lossCounter>, path: string, content: string): void {
  counter.add(path, content);
  counter.tell(path);
}

/** Throws CheckFailed where a server sorts otherwise: what is compared side by side would seem lost. */
async function* found(
  { root }: Firestore,
  documents: AsyncGenerator<Document, undefined>,
): AsyncGenerator<Found, undefined> {
  let before: string | undefined;
  for await (const document of documents) {
    const path = pathIn(document.name ?? '', root);
    if (before !== undefined && comparePaths(before, path) >= 0) {
      const message = `${root} names ${path} after ${before}, which is no order known here: nothing can be compared with it`;
      throw new Failure('CheckFailed', message);
    }
    before = path;
    if (isHeartbeat(path)) continue;
    const digest = createHash('sha256').update(textOf(document, root)).digest('hex');
    yield { path, digest };
  }
  return undefined;
}

/** As Firestore sorts names: part by part, ids that are numbers first, texts by their bytes. */
export function comparePaths(one: string, other: string): number {
  const [these, those] = [one.split('/'), other.split('/')];
  for (const [index, part] of these.entries()) {
    const against = those[index];
    if (against === undefined) return 1;
    const order = compareParts(part, against);
    if (order !== 0) return order;
  }
  return these.length - those.length;
}

function compareParts(one: string, other: string): number {
  if (one === other) return 0;
  const [number, against] = [numberIn(one), numberIn(other)];
  if (number !== undefined && against !== undefined) return number < against ? -1 : 1;
  if (number !== undefined) return -1;
  if (against !== undefined) return 1;
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function numberIn(part: string): bigint | undefined {
  const [, digits] = /^__id(-?\d+)__$/.exec(part) ?? [];
  return digits === undefined ? undefined : BigInt(digits);
}

/** An emulator has no login and no rights: what somebody writes there changes this copy, and nothing else. */
export async function openForReading(folder: string): Promise<CopyView> {
  const { host, port, project, database } = await copyAddress(folder);
  const documents = `http://${host}:${port}/v1/projects/${project}/databases/${database}/documents`;
  return {
    where: `the database ${database} of ${project} in an emulator of its own at ${host}:${port}, which lets whoever reaches it write to this copy`,
    look: [
      `FIRESTORE_EMULATOR_HOST=${host}:${port}   # for your programs, with the project ${project}`,
      `curl -s -H 'Authorization: Bearer owner' '${documents}:listCollectionIds' -d '{}'`,
      `curl -s -H 'Authorization: Bearer owner' '${documents}/COLLECTION'`,
    ],
  };
}
