// A live Firestore for as long as a test runs: Google's emulator on a free port, with a database of the test's own. It is
// found on PATH or in Google's SDK.
import { Firestore } from '@google-cloud/firestore';
import { tryListening } from '../../../src/machine/port-holder.ts';
import type { DatastoreRef } from '../../../src/ports/backups.ts';
import { emulatorProgram } from '../../../src/datastores/firestore/scratch-emulator.ts';
import { endServer, datastoreRef, passableFolder } from './datastores.ts';
import { PATIENCE_MS } from '../patience.ts';
import { startServer } from './server-process.ts';

export const MISSING =
  "missing part: Google's emulator of Firestore (looked on PATH and in Google's SDK: gcloud components install cloud-firestore-emulator)";

export interface TestFirestore {
  /** As an application has it. */
  db: Firestore;
  store: DatastoreRef;
  port: number;
  /** The same server's database of another id. */
  other: (database: string) => Firestore;
  stop: () => Promise<void>;
}

/** Undefined where the emulator is missing. */
export async function startTestFirestore(): Promise<TestFirestore | undefined> {
  const program = await emulatorProgram([]).catch(() => undefined);
  if (program === undefined) return undefined;
  const folder = await passableFolder('fairlead-firestore-');
  const port = await tryListening(0);
  await startServer({
    name: "Firestore's emulator",
    program,
    args: ['start', '--host=127.0.0.1', `--port=${port}`],
    folder,
    within: PATIENCE_MS,
    answers: () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        ({ ok }) => ok,
        () => false,
      ),
  });
  const clients: Firestore[] = [];
  const other = (databaseId: string): Firestore => {
    const client = new Firestore({
      ...{ projectId: 'shop', databaseId, host: `127.0.0.1:${port}`, ssl: false },
      customHeaders: { Authorization: 'Bearer owner' },
    });
    clients.push(client);
    return client;
  };
  const store = datastoreRef('orders', '/', {
    ...{ kind: 'firestore', project: 'shop', database: 'orders', host: '127.0.0.1', port },
  });
  const stop = async (): Promise<void> => {
    await Promise.all(clients.map((client) => client.terminate()));
    // Its wrapper's process is not the one of Java.
    await endServer("Firestore's emulator", folder);
  };
  return { db: other('orders'), store, port, other, stop };
}

/** Some hundred documents in three collections, some below others. */
export async function fill(db: Firestore): Promise<void> {
  const writer = db.bulkWriter();
  for (let n = 0; n < 300; n += 1) {
    const order = db.collection('orders').doc(`order-${n}`);
    void writer.set(order, {
      customer: `Customer ${n % 50}`,
      total: n / 8,
      placedAt: new Date(1_700_000_000_000 + n * 1000),
      by: db.doc(`customers/c${n % 50}`),
    });
    void writer.set(order.collection('lines').doc('1'), { amount: n });
  }
  for (let n = 0; n < 50; n += 1)
    void writer.set(db.doc(`customers/c${n}`), { email: `c${n}@example.org` });
  await writer.close();
}
