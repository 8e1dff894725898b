// The data of a system whose recoveries bind: a database of a MongoDB of its own; where they are lost, another server takes
// them. Read as the record of the binding says, and as it was again after each recovery.
import { join } from 'node:path';
import { createBindings } from '../../../src/datastores/bindings.ts';
import { digestOf } from '../../../src/domain/digest.ts';
import { fill, MISSING, startOwnMongo, type TestMongo } from '../datastores/mongodb.ts';
import { waiting } from '../called-platform.ts';
import { storeIn } from '../record/evidence-in.ts';
import type { FaultPlace } from './fault-place.ts';
import type { Lane } from './fault-run.ts';

const DATABASE = 'orders';
/** The server's own. */
const OWN = new Set(['admin', 'config', 'local']);

export class FaultMongo {
  /** The one that answers. */
  #server: TestMongo;
  #lost = 0;

  private constructor(server: TestMongo) {
    this.#server = server;
  }

  static async start(): Promise<FaultMongo> {
    const server = await started();
    await fill(server.client.db(DATABASE));
    return new FaultMongo(server);
  }

  /** As a system file has them. */
  get settings() {
    const { kind, host, port, database, user, password } = this.#server.store.settings;
    return { kind, host, port, database, user, password };
  }

  /** What a recovery loses. */
  async writeMore(): Promise<void> {
    const orders = this.#server.client.db(DATABASE).collection<{ _id: number }>('orders');
    await orders.insertOne({ _id: -1 });
  }

  /** The server is gone for ever, with all that it held; an empty one is there. */
  async lose(): Promise<void> {
    const other = await started();
    await this.#server.stop();
    this.#server = other;
  }

  /** Where to restore what is lost: another database each time. */
  nextPlace(): string {
    const { host, port } = this.settings;
    this.#lost += 1;
    return `${host ?? ''}:${port ?? ''}/${DATABASE}-restored-l${this.#lost}`;
  }

  /** What is found under the name of the datastore. */
  async found({ data }: FaultPlace, system: string): Promise<string> {
    const bindings = createBindings(storeIn(join(data, 'objects')));
    const record = await bindings.read({ system, datastore: 'data' }, waiting());
    const { database = DATABASE, port = this.settings.port } = record?.place ?? {};
    if (port !== this.settings.port) return `on port ${port ?? ''}, where nothing is`;
    const db = this.#server.client.db(String(database));
    const holders = await db.listCollections({}, { nameOnly: true }).toArray();
    const contents = await Promise.all(
      holders
        .map(({ name }) => name)
        .sort()
        .map(async (name) => [name, await db.collection(name).find().sort({ _id: 1 }).toArray()]),
    );
    return `${database} ${digestOf(JSON.parse(JSON.stringify(contents)))}`;
  }

  /** The databases that are there. What recoveries made goes, the record that binds too: the next one begins as this one did. */
  async takenAway(lane: Lane): Promise<string[]> {
    const { client } = this.#server;
    const { databases } = await client.db('admin').admin().listDatabases();
    const names = databases.map(({ name }) => name).filter((name) => !OWN.has(name));
    for (const name of names) if (name !== DATABASE) await client.db(name).dropDatabase();
    const objects = storeIn(join(lane.place.data, 'objects'));
    const records = await objects.list(`${lane.system}/_bindings/`);
    for (const { key, etag } of records) await objects.remove({ key, etag });
    return [...names, `${records.length} records of where it is`];
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}

async function started(): Promise<TestMongo> {
  const server = await startOwnMongo();
  if (server === undefined) throw new Error(MISSING);
  return server;
}
