// Who waits for whom among operations on data, and for how long.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { turnDelay } from '../../src/domain/turn.ts';

test('a backup waits for a proof and a drill, and a proof for anything that reads data', () => {
  const waits = [
    ['backup', 'verifyBackup'],
    ['backup', 'disasterRecovery'],
    ['verifyBackup', 'backup'],
    ['verifyBackup', 'verifyBackup'],
  ] as const;
  for (const [kind, by] of waits) assert.equal(turnDelay(kind, by, 1), 2000, `${kind} ${by}`);
});

test('a backup does not wait for another backup, and nobody for what is not known', () => {
  for (const by of ['backup', 'canaryDeploy', undefined]) {
    assert.equal(turnDelay('backup', by, 1), undefined, by);
  }
});

test('the wait is an hour in all, in less than thirty tries', () => {
  let [waited, tries] = [0, 1];
  for (;;) {
    const delay = turnDelay('backup', 'verifyBackup', tries);
    if (delay === undefined) break;
    waited += delay;
    tries += 1;
  }
  assert.equal(waited, 3_600_000);
  assert.ok(tries < 30, String(tries));
});
