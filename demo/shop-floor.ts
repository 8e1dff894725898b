// The data of the demonstration of the inventory: customers who place orders by the service, a script that damages them in
// the database, and what is live of them.
import { setTimeout as sleep } from 'node:timers/promises';
import { Firestore } from '@google-cloud/firestore';
import { z } from 'zod';
import { parsedJson } from '../src/domain/json.ts';

const PLACE_MS = 300;
const ITEMS = ['kettle', 'lamp', 'rug'];
const ORDERS = 'Orders';

export interface Placed {
  id: string;
  /** ms */
  at: number;
}

export interface Customers {
  /** The orders that the service said it had taken. */
  placed: readonly Placed[];
  /** Waits until so many more are placed. */
  placedMore(count: number): Promise<void>;
  stop(): Promise<void>;
}

const taken = z.object({ id: z.string() });

export function startCustomers(url: string, signal: AbortSignal): Customers {
  const placed: Placed[] = [];
  const stopping = new AbortController();
  const work = async (): Promise<void> => {
    for (let count = 1; !stopping.signal.aborted; count += 1) {
      const order = { item: ITEMS[count % ITEMS.length], customer: `customer-${count}`, count: 1 };
      const at = Date.now();
      const answer = await fetch(`${url}/orders`, { method: 'POST', body: JSON.stringify(order) })
        .then(async (response) => (response.ok ? await response.text() : ''))
        .catch(() => '');
      const { data } = taken.safeParse(parsedJson(answer));
      if (data !== undefined) placed.push({ id: data.id, at });
      await sleep(PLACE_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const working = work();
  return {
    placed,
    async placedMore(count) {
      for (const from = placed.length; placed.length < from + count;) {
        await sleep(PLACE_MS, undefined, { signal });
      }
    },
    async stop() {
      stopping.abort();
      await working;
    },
  };
}

export interface Shelf {
  host: string;
  port: number;
  project: string;
}

/** Orders by their id, as text, in a database of that server. */
export async function ordersIn(shelf: Shelf, database: string): Promise<Map<string, string>> {
  return within(shelf, database, async (db) => {
    const { docs } = await db.collection(ORDERS).get();
    return new Map(
      docs.map((order): [string, string] => {
        const { customer, count } = orderFields.parse(order.data());
        return [order.id, `${customer} ${count}`];
      }),
    );
  });
}

const orderFields = z.object({ customer: z.string(), count: z.number() });

/** Every second order goes, and the rest is of nothing. */
export async function damage(shelf: Shelf, database: string): Promise<void> {
  await within(shelf, database, async (db) => {
    const { docs } = await db.collection(ORDERS).get();
    const writer = db.bulkWriter();
    for (const [index, { ref }] of docs.entries()) {
      void (index % 2 === 0 ? writer.delete(ref) : writer.update(ref, { count: 0 }));
    }
    await writer.close();
  });
}

async function within<T>(
  { host, port, project }: Shelf,
  databaseId: string,
  work: (db: Firestore) => Promise<T>,
): Promise<T> {
  const db = new Firestore({
    ...{ projectId: project, databaseId, host: `${host}:${port}`, ssl: false },
    customHeaders: { Authorization: 'Bearer owner' },
  });
  try {
    return await work(db);
  } finally {
    await db.terminate();
  }
}
