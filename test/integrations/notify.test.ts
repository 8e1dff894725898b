// Console, file and webhooks against real files and servers; and that each notice is sent once.
import assert from 'node:assert/strict';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { noticeOf } from '../../src/domain/people/notice.ts';
import { slackText } from '../../src/integrations/notify/slack.ts';
import { waiting } from '../support/local-daemon.ts';
import { serve, unusedAddress } from '../support/loopback-server.ts';
import { FACTS, sending, testNotify } from '../support/notices.ts';

interface Received {
  url: string;
  bodies: string[];
  headers: IncomingMessage['headers'][];
}

/** A receiver that answers with these numbers in turn, the last one from then on. */
async function receiver(
  t: TestContext,
  statuses: number[] = [200],
  answer = 'ok',
): Promise<Received> {
  const bodies: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const { url } = await serve(t, (request, response) => {
    headers.push(request.headers);
    void text(request).then((body) => {
      bodies.push(body);
      const status = statuses[Math.min(bodies.length, statuses.length) - 1] ?? 200;
      response.writeHead(status, { location: 'http://127.0.0.1:1/elsewhere' }).end(answer);
    });
  });
  return { url, bodies, headers };
}

async function unavailable(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.kind, 'Unavailable');
    return error.message;
  }
  return assert.fail('it was settled');
}

test('the console shows title, text and what answers it', async (t) => {
  const { notify, printed } = await testNotify(t);
  assert.deepEqual(await notify.send(sending({ type: 'console' }), waiting()), { delivered: true });
  const [shown = ''] = printed;
  assert.match(shown, /^\[2026-01-01T12:00:00.000Z\] deploy\/shop\/api\/v2 waits for approval/);
  assert.match(shown, /\n {6}fairlead approve deploy\/shop\/api\/v2 --gate weight-5\n/);
});

test('a file gets a line of JSON per notice, on a line of its own after half a line', async (t) => {
  const { notify, folder } = await testNotify(t);
  const file = join(folder, 'ops.jsonl');
  await notify.send(sending({ type: 'file' }), waiting());
  await appendFile(file, '{"half');
  await notify.send(sending({ type: 'file' }, { key: 'run-1/ended/ops' }), waiting());
  const [first = '', half, second = '', end] = (await readFile(file, 'utf8')).split('\n');
  assert.deepEqual(JSON.parse(first), { key: 'run-1/gate/weight-5/ops', ...noticeOf(FACTS) });
  assert.deepEqual([half, end], ['{"half', '']);
  assert.match(second, /"key":"run-1\/ended\/ops"/);
});

test('a webhook gets the notice as JSON with its key, and headers from where secrets are', async (t) => {
  const { notify } = await testNotify(t, { HOOK_TOKEN: 'Bearer tok-12345' });
  const { url, bodies, headers } = await receiver(t);
  const channel = {
    type: 'webhook' as const,
    url: `${url}/hook`,
    headers: { Authorization: { env: 'HOOK_TOKEN' }, 'x-team': 'shop' },
  };
  assert.deepEqual(await notify.send(sending(channel), waiting()), { delivered: true });
  assert.deepEqual(JSON.parse(bodies[0] ?? ''), {
    key: 'run-1/gate/weight-5/ops',
    ...noticeOf(FACTS),
  });
  assert.equal(headers[0]?.['idempotency-key'], 'run-1/gate/weight-5/ops');
  assert.equal(headers[0].authorization, 'Bearer tok-12345');
  assert.equal(headers[0]['x-team'], 'shop');
  assert.equal(headers[0]['content-type'], 'application/json');
});

test('slack gets one text, in which nothing of a notice is markup', async (t) => {
  const { notify } = await testNotify(t, { SLACK: '' });
  const { url, bodies } = await receiver(t);
  const notice = noticeOf({ ...FACTS, reason: '<!channel> a & b ```x' });
  const sent = sending({ type: 'slack', url }, { notice });
  assert.deepEqual(await notify.send(sent, waiting()), { delivered: true });
  assert.deepEqual(JSON.parse(bodies[0] ?? ''), { text: slackText(notice) });
  const shown = slackText(notice);
  assert.match(shown, /^\*deploy\/shop\/api\/v2 waits for approval of weight-5\*\n/);
  assert.match(shown, /• Reason: &lt;!channel&gt; a &amp; b/);
  assert.match(shown, /```fairlead approve deploy\/shop\/api\/v2 --gate weight-5\n\{"actor"/);
  assert.doesNotMatch(shown, /[<>]/);
});

const REFUSALS: [name: string, status: number, answer: string, reason: RegExp][] = [
  ['an address that is gone', 404, 'Cannot POST /T0/B0/secretpart', /answered 404; is the address/],
  ["Slack's own words", 400, 'invalid_payload', /answered 400 \(invalid_payload\);/],
  ['a redirect, which is not followed', 302, '', /answered 302: it leads elsewhere/],
];
for (const [name, status, answer, expected] of REFUSALS) {
  test(`${name} is settled with a reason that shows no path`, async (t) => {
    const { notify } = await testNotify(t);
    const { url } = await receiver(t, [status], answer);
    const channel = { type: 'slack' as const, url: `${url}/T0/B0/secretpart` };
    const sent = await notify.send(sending(channel), waiting());
    assert.ok(!sent.delivered);
    assert.match(sent.reason, expected);
    assert.doesNotMatch(sent.reason, /secretpart/);
  });
}

for (const status of [408, 429, 500, 503]) {
  test(`a receiver that answers ${status} may be asked again, and then has it`, async (t) => {
    const { notify } = await testNotify(t);
    const { url, bodies } = await receiver(t, [status, 204], '');
    const send = () => notify.send(sending({ type: 'webhook', url }), waiting());
    assert.match(await unavailable(send()), new RegExp(`answered ${status}`));
    assert.deepEqual(await send(), { delivered: true });
    assert.equal(bodies.length, 2);
  });
}

test('a receiver that is away may be back next time', async (t) => {
  const { notify } = await testNotify(t);
  const url = `${await unusedAddress()}/secretpart`;
  const said = await unavailable(notify.send(sending({ type: 'slack', url }), waiting()));
  assert.match(said, /ECONNREFUSED/);
  assert.doesNotMatch(said, /secretpart/);
});

test('an answer of any size after 200 is a delivery', async (t) => {
  const { notify } = await testNotify(t);
  const { url } = await receiver(t, [200], 'x'.repeat(300_000));
  const sent = await notify.send(sending({ type: 'webhook', url }), waiting());
  assert.deepEqual(sent, { delivered: true });
});

const CUT_SHORT: [name: string, then: (response: ServerResponse) => void][] = [
  ['hangs in its body', () => undefined],
  ['breaks off in its body', (response) => response.destroy()],
];
for (const [name, then] of CUT_SHORT) {
  test(`a receiver that answers 200 and ${name} has the notice`, async (t) => {
    const { notify } = await testNotify(t);
    const { url } = await serve(t, (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('o', () => {
        then(response);
      });
    });
    const sent = await notify.send(sending({ type: 'webhook', url }), waiting());
    assert.deepEqual(sent, { delivered: true });
  });
}

test('a receiver that hangs is left when the caller stops waiting', async (t) => {
  const { notify } = await testNotify(t);
  const stop = new AbortController();
  const { url } = await serve(t, () => {
    stop.abort(new Error('enough'));
  });
  const sent = notify.send(sending({ type: 'webhook', url }), {
    signal: stop.signal,
    beat: () => undefined,
  });
  await assert.rejects(sent, /enough/);
});

const MISSING: [name: string, env: Record<string, string>, reason: RegExp][] = [
  ['is not there', {}, /^notify\.ops\.url refers to the environment variable HOOK/],
  ['is no address', { HOOK: 'nonsense' }, /^its address is no http\(s\) URL$/],
  ['has a password', { HOOK: 'http://u:topsecret@127.0.0.1' }, /^its address has a password in it/],
];
for (const [name, env, reason] of MISSING) {
  test(`an address that ${name} is settled, and not shown`, async (t) => {
    const { notify } = await testNotify(t, env);
    const sent = await notify.send(sending({ type: 'slack', url: { env: 'HOOK' } }), waiting());
    assert.ok(!sent.delivered);
    assert.match(sent.reason, reason);
    assert.doesNotMatch(sent.reason, /topsecret|nonsense/);
  });
}

test('a header that no header may be is not shown', async (t) => {
  const { notify } = await testNotify(t, { TOKEN: 'top\nsecret' });
  const headers = { authorization: { env: 'TOKEN' } };
  const channel = { type: 'webhook' as const, url: 'http://127.0.0.1:1', headers };
  assert.deepEqual(await notify.send(sending(channel), waiting()), {
    delivered: false,
    reason: 'the header authorization has a character that no header may have',
  });
});

test('a notice is sent once per key: again, at the same time, and by a worker that starts anew', async (t) => {
  const { notify, restarted } = await testNotify(t);
  const { url, bodies } = await receiver(t);
  const channel = { type: 'webhook' as const, url };
  const both = [1, 2].map(() => notify.send(sending(channel), waiting()));
  assert.deepEqual(await Promise.all(both), [{ delivered: true }, { delivered: true }]);
  assert.deepEqual(await notify.send(sending(channel), waiting()), { delivered: true });
  assert.deepEqual(await restarted().send(sending(channel), waiting()), { delivered: true });
  assert.equal(bodies.length, 1);
  await notify.send(sending(channel, { key: 'run-1/gate/weight-5#2/ops' }), waiting());
  await notify.send(sending(channel, { key: 'run-2/gate/weight-5/ops' }), waiting());
  assert.equal(bodies.length, 3);
});

test('what was refused for good stays refused, and is not sent again', async (t) => {
  const { notify, restarted } = await testNotify(t);
  const { url, bodies } = await receiver(t, [403, 200]);
  const first = await notify.send(sending({ type: 'webhook', url }), waiting());
  assert.equal(first.delivered, false);
  assert.deepEqual(await restarted().send(sending({ type: 'webhook', url }), waiting()), first);
  assert.equal(bodies.length, 1);
});

test('a notice that is noted under another key is not taken for this one', async (t) => {
  const { notify, restarted } = await testNotify(t);
  const { url, bodies } = await receiver(t);
  const channel = { type: 'webhook' as const, url };
  const other = sending(channel, { key: 'run-1/ended/ops' });
  await notify.send(sending(channel), waiting());
  await notify.send(other, waiting());
  await restarted().send(other, waiting());
  assert.equal(bodies.length, 2);
});

test('a store that cannot be written to sends no notice twice in one worker', async (t) => {
  const { notify, folder } = await testNotify(t);
  const { url, bodies } = await receiver(t);
  await writeFile(join(folder, 'objects'), '');
  const channel = { type: 'webhook' as const, url };
  await notify.send(sending(channel), waiting());
  assert.deepEqual(await notify.send(sending(channel), waiting()), { delivered: true });
  assert.equal(bodies.length, 1);
});
