// The ledger's HTTP server, which all versions share.
import { createServer } from 'node:http';
import { openCache } from './cache.mjs';
import { migrate, openDatabase, orderOf, place, summary } from './database.mjs';
import { payWith } from './payment.mjs';

const LONGEST_BODY = 16 * 1024;

export function serve({ version }) {
  const host = process.env.HOST ?? '127.0.0.1';
  const port = Number(process.env.PORT ?? 8020);
  const pool = openDatabase();
  const cache = openCache();
  const pay = payWith(process.env.LEDGER_PAYMENTS_URL);
  const it = { version, pool, cache, pay };
  const server = createServer((request, response) => {
    answer(it, request)
      .catch((error) => ({ status: error.status ?? 503, body: { error: error.message } }))
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(`${JSON.stringify(body)}\n`);
      });
  });
  migrate(pool)
    .then(() => server.listen(port, host))
    .catch((error) => {
      console.error(`the ledger cannot make its tables: ${error.message}`);
      process.exitCode = 1;
      return pool.end();
    });
  process.once('SIGTERM', () => {
    server.close(() => void pool.end());
    server.closeIdleConnections();
  });
}

async function answer({ version, pool, cache, pay }, request) {
  const { pathname } = new URL(request.url ?? '/', 'http://ledger');
  const [, kind, id] = pathname.split('/');
  if (request.method === 'POST' && pathname === '/orders') {
    const order = await place(pool, orderIn(await bodyOf(request)), pay);
    return { status: 201, body: order };
  }
  if (request.method !== 'GET') throw refusal(405, `${request.method} ${pathname}`);
  if (pathname === '/health') {
    await pool.query('SELECT 1');
    return { status: 200, body: { status: 'ok', version } };
  }
  if (pathname === '/summary') return { status: 200, body: await summary(pool) };
  if (kind === 'orders' && /^\d{1,18}$/.test(id ?? '')) {
    const key = `order:${id}`;
    const known = (await cache.get(key)) ?? (await orderOf(pool, id));
    if (known === undefined) throw refusal(404, `there is no order ${id}`);
    await cache.set(key, known);
    return { status: 200, body: known };
  }
  throw refusal(404, `there is nothing at ${pathname}`);
}

function orderIn(text) {
  let order;
  try {
    order = JSON.parse(text);
  } catch {
    throw refusal(400, 'the body is no JSON');
  }
  const { customer, amount } = order ?? {};
  if (typeof customer !== 'string' || customer === '') throw refusal(400, 'customer is a name');
  if (typeof amount !== 'number' || !(amount > 0 && amount < 1e9)) {
    throw refusal(400, 'amount is a number above 0');
  }
  return { customer, amount };
}

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > LONGEST_BODY) throw refusal(413, 'the body is too long');
  }
  return text;
}

function refusal(status, message) {
  return Object.assign(new Error(message), { status });
}
