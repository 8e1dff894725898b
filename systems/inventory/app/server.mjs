// An inventory in Firestore: items, and orders that take from what is left of them. Which database it is, the environment
// says, as Fairlead fills it in.
import { createServer } from 'node:http';
import { Firestore } from '@google-cloud/firestore';

const LONGEST_BODY = 16 * 1024;
const ITEMS = {
  kettle: { name: 'Kettle', price: 39, left: 100_000 },
  lamp: { name: 'Lamp', price: 25, left: 100_000 },
  rug: { name: 'Rug', price: 120, left: 100_000 },
};
/** What Firestore answers where a document is there already. */
const ALREADY_THERE = 6;

export function serve({ version, env = process.env }) {
  const db = new Firestore({
    projectId: env.INVENTORY_PROJECT ?? 'inventory',
    databaseId: env.INVENTORY_DATABASE ?? 'inventory',
  });
  const server = createServer((request, response) => {
    answer({ version, db }, request)
      .catch((error) => ({ status: error.status ?? 503, body: { error: error.message } }))
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(`${JSON.stringify(body)}\n`);
      });
  });
  prepare(db)
    .then(() => server.listen(Number(env.PORT ?? 8040), env.HOST ?? '127.0.0.1'))
    .catch((error) => {
      console.error(`the inventory cannot make its items: ${error.message}`);
      process.exitCode = 1;
      return db.terminate();
    });
  process.once('SIGTERM', () => {
    server.close(() => void db.terminate());
    server.closeIdleConnections();
  });
}

/** Several replicas may do so at once: whoever is second finds everything there. */
async function prepare(db) {
  for (const [id, item] of Object.entries(ITEMS)) {
    await db
      .doc(`Items/${id}`)
      .create(item)
      .catch((error) => {
        if (error.code !== ALREADY_THERE) throw error;
      });
  }
}

async function answer({ version, db }, request) {
  const { pathname } = new URL(request.url ?? '/', 'http://inventory');
  if (request.method === 'POST' && pathname === '/orders') {
    return { status: 201, body: await place(db, orderIn(await bodyOf(request))) };
  }
  if (request.method !== 'GET') throw refusal(405, `${request.method} ${pathname}`);
  if (pathname === '/health') {
    await db.doc('Items/kettle').get();
    return { status: 200, body: { status: 'ok', version } };
  }
  if (pathname === '/items') {
    const { docs } = await db.collection('Items').get();
    const items = docs.map((item) => ({ id: item.id, ...item.data() }));
    return { status: 200, body: { version, items } };
  }
  if (pathname === '/summary') {
    const [items, orders] = await Promise.all(
      ['Items', 'Orders'].map((name) => db.collection(name).count().get()),
    );
    const counts = { items: items.data().count, orders: orders.data().count };
    return { status: 200, body: { version, ...counts } };
  }
  throw refusal(404, `there is no ${pathname}`);
}

/** An order is kept only when there was enough of its item. */
async function place(db, { item, customer, count }) {
  const order = db.collection('Orders').doc();
  const kept = { item: db.doc(`Items/${item}`), customer, count, placedAt: new Date() };
  await db.runTransaction(async (change) => {
    const found = await change.get(kept.item);
    const left = found.get('left') ?? 0;
    if (left < count) throw refusal(409, `there are not ${count} of ${item}`);
    change.update(kept.item, { left: left - count });
    change.create(order, kept);
  });
  return { id: order.id, item, customer, count };
}

function orderIn(text) {
  const { item, customer, count } = JSON.parse(text);
  const isFine = [item, customer].every((one) => typeof one === 'string' && one !== '');
  if (isFine && Number.isInteger(count) && count > 0 && item in ITEMS) {
    return { item, customer, count };
  }
  throw refusal(400, 'an order has an item, a customer and a count');
}

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > LONGEST_BODY) throw refusal(413, 'an order is shorter');
  }
  return text;
}

function refusal(status, message) {
  return Object.assign(new Error(message), { status });
}
