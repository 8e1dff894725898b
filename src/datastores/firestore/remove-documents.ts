// Empties a database, document by document: the protocol of documents has no other way.
import type { Clock } from '../../ports/clock.ts';
import type { Waiting } from '../../ports/waiting.ts';
import type { Firestore } from './connection.ts';
import { patiently } from './patiently.ts';
import { readAll } from './reading.ts';

/** The server takes 500 at most. */
const MOST = 400;

/** In constant memory; what is gone already is fine. */
export async function removeDocuments(
  firestore: Firestore,
  clock: Pick<Clock, 'now'>,
  waiting: Waiting,
): Promise<void> {
  const { client, root, call } = firestore;
  const { documents } = await readAll(firestore, { clock }, waiting);
  let names: string[] = [];
  const removed = async (): Promise<void> => {
    const writes = names.map((name) => ({ delete: name }));
    names = [];
    await patiently(`removing ${writes.length} documents`, waiting, () =>
      client.commit({ database: root, writes }, call),
    );
  };
  for await (const { name } of documents) {
    if (name == null) continue;
    if (names.push(name) === MOST) await removed();
  }
  if (names.length > 0) await removed();
}
