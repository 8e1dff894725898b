// What a parked step says where there were too few requests to judge by.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantOfRequests } from '../../../src/domain/people/want-of-requests.ts';

const note = 'rate-of-errors: no data (0 of the 20 requests needed)';

test('a share of the clients that may be nobody is said to be so, with what to do', () => {
  const [seen = '', way = ''] = wantOfRequests({ note, step: 'admit-5-api', verdicts: [] });
  assert.match(seen, /^too few requests were let in .* 5 % of the clients .* one address .* proxy/);
  assert.match(way, /^retry .* skip.*admit: \[100\].*trustedProxies/);
});

test('a share that cannot be made is said to be so, once it is known', () => {
  const known = `${note}; all 90 requests came from one address, as one client, and none was let in: a share of 5 % of the users cannot be made of that`;
  const said = wantOfRequests({ note: known, step: 'admit-5-api', verdicts: [] });
  assert.match(said[0] ?? '', /too few clients for a share of them$/);
  assert.match(said[1] ?? '', /^skip .*trustedProxies.*admit: \[100\]/);
});

test('all clients, or a step that lets nobody in, want more requests', () => {
  const more = ['too few requests came to judge by: send more of them, then retry'];
  for (const step of ['admit-100-api', 'weights-10', undefined]) {
    const status = { note, ...(step !== undefined && { step }), verdicts: [] };
    assert.deepEqual(wantOfRequests(status), more);
  }
  assert.deepEqual(wantOfRequests({ note: 'it broke', step: 'admit-5-api', verdicts: [] }), []);
});
