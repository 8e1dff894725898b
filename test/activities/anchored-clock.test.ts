// The clock of an activity: what it measures is right while somebody sets the clock of the machine.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { workerSettings } from '../../src/config/environment.ts';
import { realPorts } from '../../src/worker-assembly.ts';

const HOUR = 3_600_000;

test('a clock that is set back or forward by an hour changes nothing of what an activity measures', (t) => {
  const data = mkdtempSync(join(tmpdir(), 'fairlead-clock-'));
  t.after(() => {
    rmSync(data, { recursive: true, force: true });
  });
  const { clock } = realPorts(workerSettings({ FAIRLEAD_DATA: data }));
  const real = Date.now.bind(Date);
  const own = clock.anchored?.() ?? clock;
  const began = own.now();
  for (const set of [-HOUR, HOUR]) {
    t.mock.method(Date, 'now', () => real() + set);
    const took = own.now() - began;
    assert.ok(took >= 0 && took < HOUR / 2, `${took} ms`);
    // The next activity begins with the clock as it is then.
    const next = clock.anchored?.() ?? clock;
    assert.ok(Math.abs(next.now() - real() - set) < HOUR / 2);
    t.mock.restoreAll();
  }
});
