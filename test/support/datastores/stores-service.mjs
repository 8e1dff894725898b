// A service that logs in to all of its datastores: reads orders and writes a customer of its own, counts its visits, fills
// the cache and the thumbs. For drills of real-stores.ts.
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import process from 'node:process';

const { PORT, HOST, PG, DATABASE_URL, SESSIONS_PORT, SESSIONS_PASSWORD } = process.env;
const { CACHE_PORT, CACHE_PASSWORD } = process.env;
const { default: pg } = await import(PG);

const asked = (port, ...commands) =>
  new Promise((resolve, reject) => {
    let said = '';
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.end([...commands, 'QUIT', ''].join('\r\n')),
    );
    socket.on('data', (data) => (said += data)).once('error', reject);
    socket.once('end', () => resolve(said.trim().split('\r\n')));
  });

async function orders() {
  const client = new pg.Client(DATABASE_URL);
  await client.connect();
  await client.query("INSERT INTO customers (name) VALUES ('of the service')");
  const { rows } = await client.query('SELECT count(*)::int AS orders FROM orders');
  await client.end();
  return rows[0].orders;
}

createServer(async (request, response) => {
  if (request.url === '/health') return response.end('ok');
  try {
    const warms = request.url === '/warm';
    if (warms) writeFileSync('thumbs/1.jpg', 'small');
    const [, cached] = await asked(
      CACHE_PORT,
      'AUTH ' + CACHE_PASSWORD,
      warms ? 'INCR product' : 'DBSIZE',
    );
    const [, visits] = await asked(SESSIONS_PORT, 'AUTH ' + SESSIONS_PASSWORD, 'INCR visits');
    const thumbs = ['1.jpg', 'live.jpg'].filter((name) => existsSync('thumbs/' + name));
    response.end(`${await orders()} orders, visit ${visits}, cached ${cached}, ${thumbs}`);
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}).listen(Number(PORT), HOST);
