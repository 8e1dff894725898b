// A small service for tests of platforms: says who answered, streams, upgrades, and fails as its
// environment says (HEALTH=never|hang|404|<how many checks are well>, RESET_KEPT=1, CRASH_AFTER=<ms>, DIE_AT_START=1, KILL_ITSELF=1, LISTEN_NOWHERE=1, LISTEN_ON=<another address, with any port>, DIE_OF=<file>).
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import process from 'node:process';
import { setTimeout } from 'node:timers';
import { URL } from 'node:url';

const { PORT, HOST, FAIRLEAD_REVISION, FAIRLEAD_VERSION } = process.env;
const { HEALTH, RESET_KEPT, CRASH_AFTER, DIE_AT_START } = process.env;
const { KILL_ITSELF, LISTEN_NOWHERE, LISTEN_ON, DIE_OF } = process.env;
if (DIE_AT_START) {
  process.stderr.write(`dies at the start: ${DIE_AT_START}\n`);
  process.exit(3);
}
if (KILL_ITSELF) process.kill(process.pid, 'SIGKILL');
let checks = 0;
const used = new WeakSet();

const pages = {
  '/health': (request, response) => {
    checks += 1;
    if (HEALTH === 'hang') return;
    if (HEALTH === '404') {
      response.writeHead(404).end('not here');
      return;
    }
    const ill = HEALTH === 'never' || checks > Number(HEALTH ?? Infinity);
    response.statusCode = ill ? 500 : 200;
    response.end('ok');
  },
  '/': (request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        revision: FAIRLEAD_REVISION,
        version: FAIRLEAD_VERSION,
        pid: process.pid,
        headers: request.headers,
        secret: process.env.SECRET ?? null,
        leaked: process.env.NOT_FOR_SERVICES ?? null,
      }),
    );
  },
  '/data': (_, response) => {
    response.end(readFileSync(process.env.DATA));
  },
  '/echo': (request, response) => {
    request.pipe(response);
  },
  // Sends a first piece, and the second one only when somebody asks for /next.
  '/stream': (request, response) => {
    response.write('first\n');
    streams.push(response);
  },
  '/next': (request, response) => {
    for (const stream of streams.splice(0)) stream.end('second\n');
    response.end('ok');
  },
  '/events': (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.write('data: first\n\n');
  },
  '/slow': (request, response) => {
    slow += 1;
    setTimeout(() => response.end('slow'), Number(query(request).get('ms')));
  },
  '/open': (_, response) => {
    response.end(slow > 0 ? 'slow' : 'idle');
  },
  '/status': (request, response) => {
    response.statusCode = Number(query(request).get('code'));
    response.end();
  },
};
const streams = [];
let slow = 0;
const query = (request) => new URL(request.url, 'http://localhost').searchParams;

const server = createServer((request, response) => {
  // As if it had closed the idle connection just before this request came.
  if (RESET_KEPT && used.has(request.socket)) return request.socket.resetAndDestroy();
  used.add(request.socket);
  const page = pages[new URL(request.url, 'http://localhost').pathname] ?? pages['/'];
  page(request, response);
});

// The handshake of RFC 6455, then the bytes come back as they are.
server.on('upgrade', (request, socket) => {
  if (request.url === '/never') return (slow += 1);
  // Whoever takes the file away dies of the offer.
  if (DIE_OF && existsSync(DIE_OF)) {
    rmSync(DIE_OF);
    process.exit(1);
  }
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
});

if (LISTEN_NOWHERE) setTimeout(() => process.exit(0), 60_000);
else if (LISTEN_ON) server.listen(0, LISTEN_ON);
else server.listen(Number(PORT), HOST);
if (CRASH_AFTER) setTimeout(() => process.exit(1), Number(CRASH_AFTER));
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
