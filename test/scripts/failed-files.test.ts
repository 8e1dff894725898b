import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failedFiles } from '../../scripts/failed-files.ts';

const RAN = ['/r/test/cli/a.test.ts', '/r/test/local/b.test.ts', '/r/test/c.slow.ts'];

const ALONE = `TAP version 13
# Subtest: x
not ok 1 - x
  ---
  location: '/r/test/c.slow.ts:2:68'
  failureType: 'testCodeFailure'
  ...
# Subtest: fine
ok 2 - fine
  ---
  location: '/r/test/local/b.test.ts:2:68'
  ...
`;

const TOGETHER = `TAP version 13
# Subtest: cli
    # Subtest: test/cli/a.test.ts
        # Subtest: by a helper
        not ok 1 - by a helper
          ---
          location: '/r/test/support/helper.ts:5:1'
          failureType: 'testCodeFailure'
          ...
        1..1
    not ok 1 - test/cli/a.test.ts
      ---
      location: '/r/test/support/together.ts:5:1'
      failureType: 'subtestsFailed'
      ...
    # Subtest: test/local/b.test.ts
        # Subtest: good
        ok 1 - good
    ok 2 - test/local/b.test.ts
    1..2
not ok 1 - cli
  ---
  location: '/r/test/support/together.ts:4:1'
  failureType: 'subtestsFailed'
  ...
`;

test('a failed test is found by its place', () => {
  assert.deepEqual(failedFiles(ALONE, RAN, '/r'), ['/r/test/c.slow.ts']);
});

test('where many share a process, it is found by the suite that has the name of its file', () => {
  assert.deepEqual(failedFiles(TOGETHER, RAN, '/r'), ['/r/test/cli/a.test.ts']);
  assert.deepEqual(failedFiles(TOGETHER + ALONE, RAN, '/r'), [
    '/r/test/c.slow.ts',
    '/r/test/cli/a.test.ts',
  ]);
});

test('a failure that belongs to no file is told apart from none', () => {
  const broken = `not ok 1 - /tmp/1-cli.mjs\n  ---\n  location: '/tmp/1-cli.mjs:1:1'\n  failureType: 'testCodeFailure'\n  ...\n`;
  assert.equal(failedFiles(broken, RAN, '/r'), undefined);
  assert.equal(failedFiles(ALONE + broken, RAN, '/r'), undefined);
  assert.deepEqual(failedFiles('TAP version 13\n', RAN, '/r'), []);
});
