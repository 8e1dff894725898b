// What the end of a tool says: its own exit code is its verdict, a signal is nobody's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTool } from '../../src/datastores/tool.ts';
import { fails } from '../support/fails.ts';
import { waiting } from '../support/local-daemon.ts';

const run = (script: string) =>
  runTool({
    ...{ program: '/bin/sh', args: ['-c', script], env: {}, directory: '/' },
    signal: waiting().signal,
  });

test('a tool that exits with an error has said no', async () => {
  const failure = await fails('CheckFailed', run('echo "not so" >&2; exit 3'));
  assert.match(failure.message, /exited with 3: not so/);
});

for (const signal of ['KILL', 'SEGV', 'TERM']) {
  test(`a tool that is ended by SIG${signal} has said nothing`, async () => {
    const failure = await fails('Unavailable', run(`echo "so far" >&2; kill -${signal} $$`));
    assert.match(failure.message, new RegExp(`was ended by SIG${signal}: so far`));
  });
}
