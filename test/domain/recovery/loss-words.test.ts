// What people are told that a recovery loses never reads as if nothing were lost where something is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lossFindings, lossWords, type Loss } from '../../../src/domain/recovery/exchange.ts';

const none = { count: 0, digest: 'd', shown: [] };

function findingsOf(loss: Partial<Loss>): string[] {
  const all = { onlyThere: none, onlyHere: none, changed: none, ...loss };
  return lossFindings(all).map(({ reason }) => reason);
}

test('none that only what is live has is no word that nothing is lost where contents differ', () => {
  const changed = { count: 1, digest: 'd', shown: ['loans.csv (500 rows)'] };
  const [only = '', , other = ''] = findingsOf({ changed });
  assert.match(
    only,
    /^0 only in what is live, .*, but what was written since into 1 that both have is lost too/,
  );
  assert.match(other, /^1 in both, with other content: loans\.csv/);
  assert.match(
    lossWords({ onlyThere: none, onlyHere: none, changed }),
    /^1 in both, with other content/,
  );
});

test('where contents are the same there is no but', () => {
  assert.equal(findingsOf({})[0], '0 only in what is live, written since the backup');
  const onlyHere = { count: 2, digest: 'd', shown: [] };
  assert.equal(findingsOf({ onlyHere })[0], '0 only in what is live, written since the backup');
});
