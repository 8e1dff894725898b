// A service for tests of isolated targets: says over HTTP what it can see from where it runs. It greets on stderr, and
// ends at once with DIE_AT_START=1.
import { appendFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import process from 'node:process';
import { URL } from 'node:url';

const { PORT, DIE_AT_START, HEALTH } = process.env;
if (DIE_AT_START) {
  process.stderr.write('the schema is too old: expected 7, found 6\n');
  process.exit(3);
}

/** What a server says, or why it says nothing. */
function heard({ path, host, port }) {
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(path ? { path } : { host, port: Number(port) });
    socket.on('data', (chunk) => (said += chunk));
    socket.on('error', (error) => resolve({ error: error.code }));
    socket.on('end', () => resolve({ said }));
  });
}

const pages = {
  '/health': () => (HEALTH === 'never' ? undefined : {}),
  '/environment': () => process.env,
  '/read': ({ path }) => ({ text: readFileSync(path, 'utf8') }),
  '/list': ({ path }) => ({ names: readdirSync(path) }),
  '/write': ({ path }) => {
    writeFileSync(path, 'written inside');
    return {};
  },
  '/append': ({ path }) => {
    appendFileSync(path, 'more\n');
    return {};
  },
  '/who': () => ({ uid: process.getuid(), gid: process.getgid(), groups: process.getgroups() }),
  '/hear': heard,
  '/processes': () => ({ pids: readdirSync('/proc').filter((name) => /^\d+$/.test(name)) }),
};

createServer(async (request, response) => {
  const url = new URL(request.url, 'http://service');
  try {
    const said = await pages[url.pathname](Object.fromEntries(url.searchParams));
    response.statusCode = said === undefined ? 503 : 200;
    response.end(JSON.stringify(said ?? {}));
  } catch (error) {
    response.statusCode = 500;
    response.end(JSON.stringify({ error: error.code ?? String(error) }));
  }
}).listen(Number(PORT), '127.0.0.1');
