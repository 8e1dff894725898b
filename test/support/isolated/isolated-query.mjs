// A service for tests of isolated targets that asks the Postgres of its environment (PGHOST, PGPORT, ...): GET /rows.
import { createServer } from 'node:http';
import process from 'node:process';
import pg from 'pg';

createServer(async (request, response) => {
  if (request.url === '/health') return response.end('ok');
  const client = new pg.Client();
  try {
    await client.connect();
    await client.query("INSERT INTO customers (name) VALUES ('written inside')");
    const { rows } = await client.query('SELECT count(*)::int AS count FROM customers');
    return response.end(JSON.stringify(rows[0]));
  } catch (error) {
    return response.writeHead(500).end(String(error));
  } finally {
    await client.end().catch(() => undefined);
  }
}).listen(Number(process.env.PORT), '127.0.0.1');
