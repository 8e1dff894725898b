import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { CheckInput } from '../../src/ports/checks.ts';
import type { Check } from '../../src/config/system.ts';
import { Failure, type FailureKind } from '../../src/domain/failure.ts';
import { createCheckRunner } from '../../src/integrations/check-runner.ts';
import { serve, unusedAddress } from '../support/loopback-server.ts';

const waiting = { signal: new AbortController().signal, beat: () => undefined };
const environment = { PATH: process.env['PATH'], HOME: '/nowhere', SECRET: 'hunter2' };
/** Stands for the redactor: one secret. */
const redact = (text: string): string => text.replaceAll('hunter2', '[redacted]');
const runner = createCheckRunner({ environment, redact });

const target = (check: Partial<Check>, more: Partial<CheckInput> = {}): CheckInput => ({
  check: { name: 'it', status: 200, timeout: 10_000, ...check },
  address: 'http://preview',
  url: 'http://users',
  version: 'v2',
  directory: tmpdir(),
  headers: async () => ({ 'fairlead-probe': 'token' }),
  ...more,
});
const node = (script: string, ...args: string[]): Partial<Check> => ({
  command: ['node', '-e', script, ...args],
});
const failing = (kind: FailureKind, says: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure);
  assert.equal(error.kind, kind);
  assert.match(error.message, says);
  return true;
};

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'fairlead-check-'));
  t.after(() => rm(made, { recursive: true, force: true }));
  return made;
}

test('a request that is answered as asked passes with a sentence', async (t) => {
  const { url: address } = await serve(t, (request, response) => response.end(request.url));
  const check = { http: '/health?v={version}', contains: 'v={version}' };
  assert.match(
    await runner.run(target(check, { address }), waiting),
    /^GET http:\/\/127\.0\.0\.1:\d+\/health\?v=v2 answered 200 in \d+ ms$/,
  );
});

test('a command passes only when it prints what it has to', async () => {
  const says = (text: string) => target({ ...node(text), contains: 'ready: {version}' });
  await runner.run(says('console.error("ready: v2")'), waiting);
  await assert.rejects(
    runner.run(says('console.log("not yet")'), waiting),
    failing(
      'CheckFailed',
      /exited with 0, and "ready: v2" was expected in what it printed .*: not yet/,
    ),
  );
  await assert.rejects(
    runner.run(says(''), waiting),
    failing('CheckFailed', /was expected in what it printed \(check it\); it printed nothing/),
  );
});

const STRANGERS: [who: string, header: Record<string, string>, says: RegExp][] = [
  ['nobody says who', {}, /answered 200 in \d+ ms, but the platform itself answered, and not v2-1/],
  ['another revision did', { 'who-answered': 'v1-0' }, /but revision v1-0 answered, and not v2-1/],
];
for (const [who, header, says] of STRANGERS) {
  test(`an answer as asked is no pass when ${who}`, async (t) => {
    const { url: address } = await serve(t, (_, response) => response.writeHead(200, header).end());
    const reached = { header: 'who-answered', revision: 'v2-1' };
    await assert.rejects(
      runner.run(target({ http: '/health' }, { address, reached }), waiting),
      failing('Unavailable', says),
    );
    // An address of its own is nobody's revision.
    await runner.run(target({ http: `${address}/health` }, { address, reached }), waiting);
  });
}

test('an answer as asked of the revision under test passes', async (t) => {
  const { url: address } = await serve(t, (_, response) =>
    response.writeHead(200, { 'who-answered': 'v2-1' }).end(),
  );
  const reached = { header: 'who-answered', revision: 'v2-1' };
  await runner.run(target({ http: '/health' }, { address, reached }), waiting);
});

test('another status fails, with what came back', async (t) => {
  const { url: address } = await serve(t, (_, response) => response.writeHead(500).end('no disk'));
  await assert.rejects(
    runner.run(target({ http: '/health' }, { address }), waiting),
    failing(
      'CheckFailed',
      /answered 500 in \d+ ms, and 200 was expected, which began with "no disk"/,
    ),
  );
});

test('an answer without the wanted text fails', async (t) => {
  const { url: address } = await serve(t, (_, response) => response.end());
  await assert.rejects(
    runner.run(target({ http: '/', contains: 'ok' }, { address }), waiting),
    failing('CheckFailed', /"ok" was expected in the answer, which was empty/),
  );
});

test('a redirect is an answer, and is not followed', async (t) => {
  const { url: address, requests } = await serve(t, (_, response) =>
    response.writeHead(301, { location: '/new' }).end(),
  );
  await runner.run(target({ http: '/old', status: 301 }, { address }), waiting);
  assert.equal(requests.length, 1);
});

test('no answer in time fails; nothing at the address could not be run', async (t) => {
  const { url: address } = await serve(t, () => undefined);
  await assert.rejects(
    runner.run(target({ http: '/', timeout: 50 }, { address }), waiting),
    failing('CheckFailed', /no answer within 50 ms/),
  );
  await assert.rejects(
    runner.run(target({ http: '/' }, { address: await unusedAddress() }), waiting),
    failing('Unavailable', /ECONNREFUSED/),
  );
});

test('a time that no timer can wait is not over at once', async (t) => {
  const { url: address } = await serve(t, (request, response) => response.end(request.url));
  const timeout = 366 * 86_400_000;
  assert.match(
    await runner.run(target({ http: '/', timeout }, { address }), waiting),
    /answered 200/,
  );
  assert.match(await runner.run(target({ ...node(''), timeout }), waiting), /exited with 0/);
});

test('the mark of a probe goes to the service and to nobody else', async (t) => {
  const own = await serve(t, (_, response) => response.end());
  const foreign = await serve(t, (_, response) => response.end());
  const addresses = { address: own.url };
  await runner.run(target({ http: '/' }, addresses), waiting);
  await runner.run(target({ http: `${foreign.url}/` }, addresses), waiting);
  assert.equal(own.requests[0]?.headers['fairlead-probe'], 'token');
  assert.equal(foreign.requests[0]?.headers['fairlead-probe'], undefined);
});

test('a check that cannot be marked as a probe is not sent', async (t) => {
  const { url: address, requests } = await serve(t, (_, response) => response.end());
  const headers = () => Promise.reject(new Error('no token'));
  await assert.rejects(
    runner.run(target({ http: '/' }, { address, headers }), waiting),
    failing('Unavailable', /marking check it as a probe: no token/),
  );
  assert.equal(requests.length, 0);
});

test('a command passes when it exits with 0, and gets its placeholders without a shell', async (t) => {
  const directory = await folder(t);
  const script = "require('node:fs').writeFileSync('seen', process.argv.slice(1).join('\\n'))";
  const check = node(script, '{address}', '{url}', 'x={version}', '$HOME; {other}');
  assert.match(await runner.run(target(check, { directory }), waiting), /exited with 0 in \d+ ms$/);
  const seen = await readFile(path.join(directory, 'seen'), 'utf8');
  assert.equal(seen, 'http://preview\nhttp://users\nx=v2\n$HOME; {other}');
});

test('a command sees PATH, HOME and LANG, and no secret of the worker', async () => {
  const script = 'console.log(JSON.stringify(Object.keys(process.env).sort())); process.exit(1)';
  await assert.rejects(
    runner.run(target(node(script)), waiting),
    failing('CheckFailed', /^\["HOME","PATH"\] \(node /),
  );
});

test('a command that fails is told with the end of what it printed', async () => {
  const script = "console.log('a'.repeat(50000)); console.error('the end'); process.exitCode = 3";
  await assert.rejects(runner.run(target(node(script)), waiting), (error) => {
    assert.ok(error instanceof Failure && error.kind === 'CheckFailed');
    assert.match(error.message, /^the end \(node .*exited with 3 \(check it\)/s);
    return error.message.length < 3000;
  });
});

test('of a secret that stands where output is cut, nothing is told', async (t) => {
  const { url: address } = await serve(t, (_, response) =>
    response.writeHead(500).end(`${'x'.repeat(196)}hunter2 and more`),
  );
  const says = async (work: Promise<string>): Promise<string> =>
    work.then(
      () => assert.fail('it should have failed'),
      (error: unknown) => String(error),
    );
  const http = await says(runner.run(target({ http: '/' }, { address }), waiting));
  assert.match(http, /x\[red/);
  assert.doesNotMatch(http, /hunt/);
  const script = `process.stdout.write('hunter2' + 'y'.repeat(${2048 - 3})); process.exitCode = 1`;
  const printed = await says(runner.run(target(node(script)), waiting));
  assert.match(printed, /ed\]y/);
  assert.doesNotMatch(printed, /er2/);
});

test('a command that is ended by a signal failed', async () => {
  await assert.rejects(
    runner.run(target(node("process.kill(process.pid, 'SIGTERM')")), waiting),
    failing('CheckFailed', /was ended by SIGTERM.*printed nothing/),
  );
});

const startless: [string, Partial<Check>, string][] = [
  ['a program that is not there', { command: ['no-such-program'] }, tmpdir()],
  ['a folder that is not there', node(''), '/no/such/folder'],
];
for (const [what, check, directory] of startless) {
  test(`${what} means that the check could not be run`, async () => {
    await assert.rejects(
      runner.run(target(check, { directory }), waiting),
      failing('Unavailable', /could not be started in .*Is the program installed/),
    );
  });
}

/** A command with a child that never ends; the child's pid is in the file `pid`, and on its output. */
const ENDLESS = `
  const child = require('node:child_process').spawn(process.execPath,
    ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'inherit' });
  require('node:fs').writeFileSync('pid', String(child.pid));
  fetch(process.argv[1]);
`;

/** Resolves when no process has the pid: polled, because it is no child of ours. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ' Z ');
    if (/ [ZX] /.test(stat)) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a command that takes too long is ended with everything it started', async (t) => {
  const directory = await folder(t);
  const command = ['sh', '-c', 'sleep 600 & echo $! > pid; wait'];
  await assert.rejects(
    runner.run(target({ command, timeout: 2000 }, { directory }), waiting),
    failing('CheckFailed', /did not end within 2000 ms/),
  );
  await gone(Number(await readFile(path.join(directory, 'pid'), 'utf8')));
});

test('an abort ends a command with everything it started', async (t) => {
  const directory = await folder(t);
  const stop = new AbortController();
  const reason = new Error('cancelled');
  const { url } = await serve(t, () => {
    stop.abort(reason);
  });
  const endless = node(`${ENDLESS}; setInterval(() => undefined, 1000)`, '{url}');
  await assert.rejects(
    runner.run(target(endless, { directory, url }), { ...waiting, signal: stop.signal }),
    (error) => error === reason,
  );
  await gone(Number(await readFile(path.join(directory, 'pid'), 'utf8')));
});

test('what a command leaves behind is ended when it exits', async (t) => {
  const directory = await folder(t);
  await runner.run(
    target(node(ENDLESS.replace(/fetch.*/, 'process.exit(0)')), { directory }),
    waiting,
  );
  await gone(Number(await readFile(path.join(directory, 'pid'), 'utf8')));
});

test('what a command sent away, with nothing of its environment, is ended when it exits', async (t) => {
  if (spawnSync('prlimit', ['--version']).status !== 0) {
    t.skip('there is no prlimit');
    return;
  }
  const directory = await folder(t);
  const away = `(cd / && env -i PATH="$PATH" setsid sh -c 'echo $$ > ${directory}/pid; exec sleep 600' >/dev/null 2>&1 &)`;
  const command = ['sh', '-c', `${away}; while [ ! -s pid ]; do sleep 0.05; done`];
  await runner.run(target({ command, timeout: 60_000 }, { directory }), waiting);
  await gone(Number(await readFile(path.join(directory, 'pid'), 'utf8')));
});
