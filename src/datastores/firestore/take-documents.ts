// Takes a backup of a live database: one line for each document, between a line that says what it is and one that says how
// many there were. What it holds is counted from the same lines.
import type { Bytes } from '../../ports/objects.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { Contents, RecoveryPoint } from '../../domain/backup/backup.ts';
import { HEARTBEAT_TABLE, type HeartbeatRecord } from '../../domain/backup/heartbeat.ts';
import { Failure } from '../../domain/failure.ts';
import { documentSum, type DocumentSum } from '../documents/document-sums.ts';
import type { Taken, Write } from '../store.ts';
import { sourceOf, withFirestore, type Firestore, type FirestoreAddress } from './connection.ts';
import { groupOf, pathIn, textOf } from './document-text.ts';
import { heartbeatIn } from './heartbeat.ts';
import { readAll, type ReadingInput } from './reading.ts';

export const DUMP = 'documents.ndjson';
export const FORMAT = 'fairlead/firestore/v1';
/** Characters that are gathered before they are written. */
const CHUNK = 64 * 1024;

export async function takeDocuments(
  address: FirestoreAddress,
  reading: ReadingInput,
  write: Write,
  waiting: Waiting,
): Promise<Taken> {
  return withFirestore(address, waiting.signal, async (firestore) => {
    const { documents, point } = await readAll(firestore, reading, waiting);
    const seen = tally();
    let read = 0;
    const lines = async function* (): AsyncGenerator<string> {
      yield headOf(firestore);
      for await (const document of documents) {
        const text = textOf(document, firestore.root);
        seen.see(pathIn(document.name ?? '', firestore.root), text);
        read += 1;
        yield text;
      }
      if (read === 0) throw nothingThere(address);
      yield JSON.stringify({ documents: read });
    };
    const object = await write(DUMP, bytesOf(lines()));
    const canary = seen.newest();
    return {
      source: sourceOf(address),
      tools: { format: FORMAT },
      artefact: 'streamed',
      objects: [object],
      contents: seen.contents(),
      recoveryPoint: point(),
      ...(canary !== null && { canary }),
    };
  });
}

function headOf({ root }: Firestore): string {
  return JSON.stringify({ format: FORMAT, database: root });
}

/** Counts documents by their collection group; heartbeats are of no comparison. */
export function tally() {
  const sums = new Map<string, DocumentSum>();
  let newest: HeartbeatRecord | null = null;
  return {
    see: (path: string, text: string): void => {
      if (isHeartbeat(path)) {
        const found = heartbeatIn(text);
        if (found !== undefined && found.number > (newest?.number ?? 0)) newest = found;
        return;
      }
      const group = groupOf(path);
      const sum = sums.get(group) ?? documentSum();
      sums.set(group, sum);
      sum.add(Buffer.from(text));
    },
    newest: (): HeartbeatRecord | null => newest,
    contents: (): Contents => {
      const groups = [...sums].sort(([one], [other]) => (one < other ? -1 : 1));
      const parts = groups.map(([group, sum]) => sum.part(group));
      return { parts, definitions: [], sequences: [] };
    },
  };
}

export function isHeartbeat(path: string): boolean {
  return path.startsWith(`${HEARTBEAT_TABLE}/`) && path.split('/').length === 2;
}

async function* bytesOf(lines: AsyncGenerator<string>): Bytes {
  let kept = '';
  for await (const line of lines) {
    kept += `${line}\n`;
    if (kept.length < CHUNK) continue;
    yield Buffer.from(kept);
    kept = '';
  }
  if (kept !== '') yield Buffer.from(kept);
}

/** All that a database holds now, and when that was. */
export async function readContents(
  address: FirestoreAddress,
  reading: ReadingInput,
  waiting: Waiting,
): Promise<{ contents: Contents; at: RecoveryPoint }> {
  return withFirestore(address, waiting.signal, async (firestore) => {
    const { documents, point } = await readAll(firestore, reading, waiting);
    const seen = tally();
    for await (const document of documents) {
      const path = pathIn(document.name ?? '', firestore.root);
      seen.see(path, textOf(document, firestore.root));
    }
    return { contents: seen.contents(), at: point() };
  });
}

function nothingThere(address: FirestoreAddress): Failure {
  const message = `there is no document in ${sourceOf(address)}: an empty backup would look like a good one; name the right project and database`;
  return new Failure('NotFound', message);
}
