// Who may post alerts, and what is answered to what.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { LONGEST_BODY, MOST_AT_ONCE, serveHooks } from '../../src/hooks/server.ts';
import type { TakenAlerts } from '../../src/hooks/take-alerts.ts';
import { findToken } from '../../src/hooks/token.ts';

let data: string;
let server: Awaited<ReturnType<typeof serveHooks>>;
let token: string;
let file: string;
let answer: () => Promise<TakenAlerts>;
const logged: string[] = [];
const TAKEN = { accepted: 1, incidents: ['incident/shop/slow'], unknown: [], left: 0 };

before(async () => {
  data = await mkdtemp(join(tmpdir(), 'fairlead-hooks-'));
  file = join(data, 'keys', 'hooks-token');
  server = await serveHooks({
    ...{ host: '127.0.0.1', port: 0, names: ['fairlead.example'] },
    token: await findToken({ data, env: {} }),
    alerts: { take: () => answer() },
    log: (line) => logged.push(JSON.stringify(line)),
  });
  token = (await readFile(file, 'utf8')).trim();
});
after(async () => {
  server.close();
  server.closeAllConnections();
  await rm(data, { recursive: true, force: true });
});

interface Asked {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string;
}

interface Answered {
  status: number;
  body: string;
  retryAfter: string | undefined;
}

function ask({ method = 'POST', path = '/alerts/shop', headers = {}, body = '{}' }: Asked) {
  const all = { authorization: `Bearer ${token}`, ...headers };
  return new Promise<Answered>((done, failed) => {
    const sent = request(
      { host: '127.0.0.1', port: server.port, method, path, headers: all, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => {
          const retryAfter = response.headers['retry-after'];
          done({ status: response.statusCode ?? 0, body: text, retryAfter });
        });
      },
    );
    // An answer that comes before everything was sent is an answer.
    sent.on('error', failed);
    sent.end(method === 'GET' ? undefined : body);
  });
}

describe('what is posted', () => {
  before(() => {
    answer = async () => ({ ...TAKEN, problem: null });
  });

  test('with the token is taken', async () => {
    const { status, body } = await ask({});
    assert.equal(status, 200);
    assert.match(body, /incident\/shop\/slow/);
  });

  test('without the token, or with another one, is answered 401', async () => {
    for (const authorization of ['', 'Bearer', `Bearer ${token}x`, `Basic ${token}`]) {
      const { status, body } = await ask({ headers: { authorization } });
      assert.equal(status, 401, authorization);
      assert.match(body, /Authorization: Bearer TOKEN/);
    }
    assert.ok(!logged.some((line) => line.includes(token)));
  });

  test('by another name, or from a page of another site, is answered 403', async () => {
    for (const headers of [{ host: 'evil.example' }, { origin: 'https://evil.example' }]) {
      const found = await ask({ headers: headers });
      assert.equal(found.status, 403, JSON.stringify(headers));
    }
    const named = { host: `fairlead.example:${server.port}` };
    assert.equal((await ask({ headers: named })).status, 200);
  });

  test('that is no JSON, for nobody, or by another method has an answer of its own', async () => {
    const rows: [Asked, number, RegExp][] = [
      [{ body: '{' }, 400, /no JSON/],
      [{ path: '/' }, 404, /\/alerts\/SYSTEM/],
      [{ path: '/alerts/NO' }, 404, /\/alerts\/SYSTEM/],
      [{ method: 'GET' }, 405, /are posted/],
      [{ method: 'GET', path: '/health', headers: { authorization: '' } }, 200, /ready/],
    ];
    for (const [asked, status, words] of rows) {
      const found = await ask(asked);
      assert.equal(found.status, status, JSON.stringify(asked));
      assert.match(found.body, words);
    }
  });

  test('that is too long is answered 413, whether it says so or not', async () => {
    const body = 'x'.repeat(LONGEST_BODY + 1);
    assert.equal((await ask({ body })).status, 413);
    const chunked = { 'transfer-encoding': 'chunked' };
    assert.equal((await ask({ body, headers: chunked })).status, 413);
  });
});

describe('what cannot be taken', () => {
  test('is answered as its failure says, and 503 is to come again', async () => {
    const rows: [Failure, number, string | undefined][] = [
      [new Failure('BadInput', 'its version is 3'), 400, undefined],
      [new Failure('NotFound', 'no system shop'), 404, undefined],
      [new Failure('Unavailable', 'Temporal is away'), 503, '5'],
    ];
    for (const [failure, status, retryAfter] of rows) {
      answer = () => Promise.reject(failure);
      const found = await ask({});
      assert.deepEqual([found.status, found.retryAfter], [status, retryAfter]);
      assert.match(found.body, new RegExp(failure.message));
    }
  });

  test('more requests at once than are worked on are asked to come again', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((done) => (release = done));
    answer = async () => {
      await held;
      return { ...TAKEN, problem: null };
    };
    const many = Array.from({ length: MOST_AT_ONCE + 5 }, () => ask({}));
    const refused = await Promise.race(many);
    assert.deepEqual([refused.status, refused.retryAfter], [503, '5']);
    release();
    const statuses = (await Promise.all(many)).map(({ status }) => status);
    assert.ok(statuses.filter((one) => one === 200).length >= MOST_AT_ONCE, statuses.join());
  });
});

describe('the token', () => {
  test('is made once, for nobody else to read, and counts anew when it is changed', async () => {
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const again = await findToken({ data, env: {} });
    assert.equal(await again.fits(token), true);
    await writeFile(file, 'another-token-of-some-length\n');
    assert.equal(await again.fits(token), false);
    assert.equal(await again.fits('another-token-of-some-length'), true);
    await writeFile(file, token);
  });

  test('is that of the environment where one is there, and the named file before it', async () => {
    const env = { FAIRLEAD_HOOKS_TOKEN: 'of-the-environment-1' };
    assert.equal(await (await findToken({ data, env })).fits('of-the-environment-1'), true);
    const named = await findToken({ data, env, file });
    assert.equal(await named.fits(token), true);
  });

  test('that is too short or not there is a sentence that says what to do', async () => {
    const short = { data, env: { FAIRLEAD_HOOKS_TOKEN: 'short' } };
    await assert.rejects(findToken(short), /has 5 characters, and at least 16 are needed/);
    const missing = { data, env: {}, file: join(data, 'nothing') };
    await assert.rejects(
      findToken(missing),
      /expected in the file .*nothing, which cannot be read/,
    );
  });
});
