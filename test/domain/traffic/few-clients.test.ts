// What is said where there are too few clients for a share of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientsSeen } from '../../../src/domain/rollout/model.ts';
import { fewClients, saysFewClients, shareNotes } from '../../../src/domain/traffic/few-clients.ts';

const PROXY: ClientsSeen = { requests: 1812, letIn: 0, clients: 1, addresses: 1, atMost: 128 };

test('all users of one address are said to be one client, with how many requests and who was let in', () => {
  const said = fewClients(PROXY, 5) ?? '';
  assert.equal(
    said,
    'all 1,812 requests came from one address, as one client, and none was let in: a share of 5 % of the users cannot be made of that',
  );
  assert.ok(saysFewClients(said));
  assert.match(fewClients({ ...PROXY, letIn: 1812 }, 5) ?? '', /and all were let in/);
  const few = { ...PROXY, clients: 3, addresses: 2, letIn: 7 };
  assert.match(fewClients(few, 5) ?? '', /from 2 addresses, as 3 clients, and 7 were let in/);
});

test('nothing is said where a share is at least one client, or there is none', () => {
  for (const [seen, percent] of [
    [undefined, 5],
    [PROXY, 100],
    [PROXY, 0],
    [{ ...PROXY, clients: 4 }, 25],
    [{ ...PROXY, clients: 128 }, 0.1],
  ] as const) {
    assert.equal(fewClients(seen, percent), undefined);
  }
});

test('before shares are let in it is told once for each service, and not of a handful of requests', () => {
  const shares = [5, 25, 100].map((percent) => ({ service: 'api', percent }));
  const [note = '', ...more] = shareNotes(shares, { api: { traffic: { clients: PROXY } } });
  assert.match(note, /^5 % of the users of api will be nobody, or all: .*one address, as 1 client/);
  assert.match(note, /trustedProxies.*admit: \[100\]/);
  assert.deepEqual(more, []);
  const handful = { ...PROXY, requests: 3 };
  assert.deepEqual(shareNotes(shares, { api: { traffic: { clients: handful } } }), []);
  assert.deepEqual(shareNotes(shares, { api: { traffic: {} } }), []);
});
