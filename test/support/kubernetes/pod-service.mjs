// What the images of the tests have in them: a small service that says which version answered, and misbehaves as its tag
// says. In a tag: errors (every fifth request), slow, never (not ready), crash (at once), dies (after a while), oom (eats memory),
// closed (503 to whatever is asked but /closed-ready, and no name). It counts its answers under /metrics.
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import process from 'node:process';
import { setInterval, setTimeout } from 'node:timers';

const { HOST, PORT = '8080', TAG = 'none', FAIRLEAD_REVISION: IDENTITY = TAG } = process.env;
const is = (word) => TAG.split('-').includes(word);

const say = (stream, line) => stream.write(`${line}\n`);
say(process.stdout, `${TAG} starts on ${HOST}:${PORT}`);
if (is('crash')) {
  say(process.stderr, 'Error: cannot read the configuration');
  process.exit(3);
}
if (is('dies')) setTimeout(() => process.exit(1), 3_000);
if (is('oom')) {
  const eaten = [];
  setInterval(() => eaten.push(Buffer.alloc(16 * 2 ** 20, 1)), 50);
}

let requests = 0;
const answers = { 200: 0, 500: 0 };
/** Answers that took at most so many seconds. */
const within = { 0.1: 0, 0.5: 0, '+Inf': 0 };
let isEnding = false;
const pages = {
  '/health': (response) => {
    response.statusCode = is('never') ? 503 : 200;
    response.end(JSON.stringify({ status: is('never') ? 'not ready' : 'ok' }));
  },
  '/metrics': (response) => {
    const lines = Object.entries(answers).map(
      ([status, count]) => `test_requests_total{status="${status}"} ${count}`,
    );
    const times = Object.entries(within).map(
      ([le, count]) => `test_request_seconds_bucket{le="${le}"} ${count}`,
    );
    response.end(
      [
        ...['# TYPE test_requests_total counter', ...lines],
        ...['# TYPE test_request_seconds histogram', ...times, ''],
      ].join('\n'),
    );
  },
};

function answer(response) {
  requests += 1;
  const isBad = is('errors') && requests % 5 === 0;
  if (isBad) say(process.stderr, `error: request ${requests} failed`);
  response.statusCode = isBad ? 500 : 200;
  answers[response.statusCode] += 1;
  const body = JSON.stringify({ version: TAG, requests });
  const seconds = is('slow') ? 0.7 : 0;
  for (const le of Object.keys(within)) if (le === '+Inf' || seconds <= Number(le)) within[le] += 1;
  setTimeout(() => response.end(body), seconds * 1000);
}

const server = createServer((request, response) => {
  response.setHeader('content-type', 'application/json');
  if (isEnding) response.setHeader('connection', 'close');
  if (is('closed')) {
    const isProbe = request.url === '/closed-ready';
    response.writeHead(isProbe ? 200 : 503, isProbe ? {} : { 'retry-after': '30' }).end();
    return;
  }
  response.setHeader('x-identity', IDENTITY);
  const page = pages[request.url] ?? answer;
  page(response);
});
server.listen(Number(PORT), HOST);
process.on('SIGTERM', () => {
  isEnding = true;
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
