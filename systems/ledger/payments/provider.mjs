// Stands for a payment provider: takes money under a reference once, and never again under the same one. What it took is
// outside the ledger's database, as it is in life: no recovery brings it back.
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const folder = process.env.PAYMENTS_FOLDER ?? 'payments/taken';
const file = join(folder, 'payments.jsonl');
mkdirSync(folder, { recursive: true });
const taken = new Map(
  linesOf(file).map((line) => {
    const { reference, amount } = JSON.parse(line);
    return [reference, amount];
  }),
);

const server = createServer((request, response) => {
  const say = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(body)}\n`);
  };
  if (request.method === 'GET' && request.url === '/health') return say(200, { status: 'ok' });
  if (request.method === 'GET' && request.url === '/payments') {
    return say(200, { payments: [...taken].map(([reference, amount]) => ({ reference, amount })) });
  }
  if (request.method !== 'POST' || request.url !== '/payments')
    return say(404, { error: 'nothing' });
  let text = '';
  request.on('data', (chunk) => (text += chunk));
  request.on('end', () => {
    let payment;
    try {
      payment = JSON.parse(text);
    } catch {
      return say(400, { error: 'the body is no JSON' });
    }
    const { reference, amount } = payment;
    if (typeof reference !== 'string' || typeof amount !== 'number') {
      return say(400, { error: 'a payment has a reference and an amount' });
    }
    if (taken.has(reference)) return say(409, { error: `${reference} was used before` });
    appendFileSync(file, `${JSON.stringify({ reference, amount })}\n`);
    taken.set(reference, amount);
    return say(201, { reference });
  });
});
server.listen(Number(process.env.PORT ?? 8021), process.env.HOST ?? '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});

function linesOf(path) {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}
