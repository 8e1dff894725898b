// A shop's catalogue in MongoDB: products, and orders that take from their stock. The connection is what the environment
// says, as Fairlead fills it in.
import { createServer } from 'node:http';
import { MongoClient } from 'mongodb';

const LONGEST_BODY = 16 * 1024;
const PRODUCTS = [
  { _id: 'kettle', name: 'Kettle', price: 39, stock: 1000 },
  { _id: 'lamp', name: 'Lamp', price: 25, stock: 1000 },
  { _id: 'rug', name: 'Rug', price: 120, stock: 1000 },
];

export function serve({ version, env = process.env }) {
  const client = new MongoClient(addressIn(env), { serverSelectionTimeoutMS: 3000 });
  const db = client.db(env.CATALOGUE_DB_NAME ?? 'catalogue');
  const server = createServer((request, response) => {
    answer({ version, db }, request)
      .catch((error) => ({ status: error.status ?? 503, body: { error: error.message } }))
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(`${JSON.stringify(body)}\n`);
      });
  });
  prepare(db)
    .then(() => server.listen(Number(env.PORT ?? 8030), env.HOST ?? '127.0.0.1'))
    .catch((error) => {
      console.error(`the catalogue cannot make its collections: ${error.message}`);
      process.exitCode = 1;
      return client.close();
    });
  process.once('SIGTERM', () => {
    server.close(() => void client.close());
    server.closeIdleConnections();
  });
}

function addressIn({
  CATALOGUE_DB_HOST: host = '127.0.0.1',
  CATALOGUE_DB_PORT: port = '27017',
  CATALOGUE_DB_USER: user,
  CATALOGUE_DB_PASSWORD: password = '',
}) {
  const login = user ? `${encodeURIComponent(user)}:${encodeURIComponent(password)}@` : '';
  return `mongodb://${login}${host}:${port}/?authSource=admin&directConnection=true`;
}

/** Several replicas may do so at once: whoever is second finds everything there. */
async function prepare(db) {
  await db.collection('orders').createIndex({ customer: 1 });
  for (const { _id, ...product } of PRODUCTS) {
    await db.collection('products').updateOne({ _id }, { $setOnInsert: product }, { upsert: true });
  }
}

async function answer({ version, db }, request) {
  const { pathname } = new URL(request.url ?? '/', 'http://catalogue');
  if (request.method === 'POST' && pathname === '/orders') {
    return { status: 201, body: await place(db, orderIn(await bodyOf(request))) };
  }
  if (request.method !== 'GET') throw refusal(405, `${request.method} ${pathname}`);
  if (pathname === '/health') {
    await db.command({ ping: 1 });
    return { status: 200, body: { status: 'ok', version } };
  }
  if (pathname === '/products') {
    return { status: 200, body: await db.collection('products').find().sort({ _id: 1 }).toArray() };
  }
  if (pathname === '/summary') {
    const [products, orders] = await Promise.all(
      ['products', 'orders'].map((name) => db.collection(name).countDocuments()),
    );
    return { status: 200, body: { products, orders } };
  }
  throw refusal(404, `there is no ${pathname}`);
}

/** An order is kept only when there was enough of its product. */
async function place(db, { product, customer, count }) {
  const { modifiedCount } = await db
    .collection('products')
    .updateOne({ _id: product, stock: { $gte: count } }, { $inc: { stock: -count } });
  if (modifiedCount === 0) throw refusal(409, `there are not ${count} of ${product}`);
  const order = { product, customer, count, placedAt: new Date() };
  const { insertedId } = await db.collection('orders').insertOne(order);
  return { id: insertedId, ...order };
}

function orderIn(text) {
  const { product, customer, count } = JSON.parse(text);
  const isFine = [product, customer].every((one) => typeof one === 'string' && one !== '');
  if (isFine && Number.isInteger(count) && count > 0) return { product, customer, count };
  throw refusal(400, 'an order has a product, a customer and a count');
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
